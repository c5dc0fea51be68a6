"""What the library shows to the outside: items, versions and drafts as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saas.channels import Finding
from saas.content.library.merging import FieldChange


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as lists show it. ``thumb``: the hash of a picture, at ``/media/<thumb>``; ``folder`` its path, "" at the top."""

    id: int
    client_id: int
    client: str
    kind: str
    title: str
    folder_id: int | None
    folder: str
    tags: tuple[str, ...]
    thumb: str | None
    version: int
    updated_at: datetime
    updated_by: str
    archived: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """An item with the content of one of its versions; ``number`` is that version, ``row.version`` the one that holds."""

    row: ItemRow
    number: int
    content: Mapping[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of an item."""

    number: int
    member: str
    note: str
    made_from: int | None
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """What a member wrote and has not saved. ``stale``: a newer version has been saved by somebody since it was begun."""

    tab: str
    made_from: int
    content: Mapping[str, Any]
    refused: bool
    at: datetime
    stale: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """It is saved as version ``version``. ``unchanged``: it said the same already, so there is no new version.

    ``notes`` name what cleaning took out of the HTML.
    """

    item_id: int
    version: int
    content: Mapping[str, Any]
    unchanged: bool = False
    notes: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Conflicted:
    """Somebody saved version ``version`` meanwhile. Nothing is lost: ``theirs`` holds, ``mine`` is kept as the member's draft.

    ``changes`` are the fields that differ, each with both sides, what both began with, and the two put together where they
    do not touch (``merged``). To resolve, save again with ``base_version=version``.
    """

    item_id: int
    made_from: int
    version: int
    base: Mapping[str, Any]
    theirs: Mapping[str, Any]
    theirs_by: str
    theirs_at: datetime
    mine: Mapping[str, Any]
    changes: tuple[FieldChange, ...]

    @property
    def merged(self) -> dict[str, Any] | None:
        """The content with both changes, when no field was changed by both in the same place."""
        if any(change.merged is None for change in self.changes):
            return None
        return {**self.theirs, **{change.name: change.merged for change in self.changes if change.merged is not None}}
