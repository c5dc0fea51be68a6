"""What lies in a platform's own draft box: articles somebody began there, as a hook gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DraftArticle:
    """One article of a draft, as the platform keeps it: ``html`` with its pictures at the platform's addresses.

    ``cover`` is the address of the cover (or what else ``draft_picture`` understands); ``crops`` as in ``Article.crops``.
    """

    title: str
    html: str
    author: str = ""
    digest: str = ""
    source_url: str = ""
    comments: bool = False
    cover: str = ""
    crops: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlatformDraft:
    """One draft of an account. ``id`` is the platform's own."""

    id: str
    changed_at: datetime
    articles: tuple[DraftArticle, ...] = ()
