"""Groups that a person chooses from or has made, and their hooks: part of the contract, as ``spec`` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

from saas.channels.outcome import Outcome

if TYPE_CHECKING:
    from saas.channels.platform import Account, Platform

hookspec = pluggy.HookspecMarker("qunfa")


@dataclass(frozen=True, slots=True)
class Group:
    """A group (chat) that an account reaches: its id on the platform, its name and members as far as they are known.

    ``through``: the id that a target names in its place where one call is for several groups (their owner's), and its name.
    """

    id: str
    name: str = ""
    people: int = 0
    through: str = ""
    through_name: str = ""


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group to be made. ``key`` is 32 lower-case hex digits, the wish's own; ``owner`` "": the first of ``members``."""

    key: str
    name: str
    owner: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What becomes of a group that the account has made; "" and empty: as it is."""

    id: str
    name: str = ""
    owner: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@hookspec(firstresult=True)
async def groups(account: Account, platform: Platform) -> list[Group]:
    """Every group the account reaches now: for a person who chooses some, and to plan a campaign that names some by id or name.

    For routes whose ``unit`` is a group and whose audience may be *ids*. A target of several groups has their ids in
    ``fields["groups"]``. A group that is gone is left out. May raise NotSent.
    """


@hookspec(firstresult=True)
async def make_group(account: Account, group: NewGroup, platform: Platform) -> Outcome:
    """Make a group on the platform. ``Receipt.ids["group"]`` is ``group.key``: the platform takes it as the group's id.

    Called with the wish written down, and again with the same ``key`` when the answer was lost: it finds what was made and
    makes no second one. The core adds the id to the account's setting ``chats``, a list with commas.
    """


@hookspec(firstresult=True)
async def change_group(account: Account, change: GroupChange, platform: Platform) -> Outcome:
    """Change name, owner or members of a group the account has made. The same once more changes nothing more."""
