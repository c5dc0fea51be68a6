"""The campaign as its writer wrote it: plain frozen values, ready for JSON, with file names relative to the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

CampaignKind = Literal["articles", "text", "image", "link", "template"]
KINDS: tuple[CampaignKind, ...] = ("articles", "text", "image", "link", "template")


@dataclass(frozen=True, slots=True)
class Variant:
    """What one account says otherwise of an article; what is empty is as for all."""

    title: str = ""
    digest: str = ""
    cover: str = ""
    footer: str = ""
    crops: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArticleSource:
    """One article, Markdown or HTML by ``form``. ``line``: that of the file on which ``body`` begins (1 without front matter).

    ``cover`` and ``pictures`` are names inside the folder; ``pictures`` maps each address as written to its name.
    ``written_cover`` is the cover as written, also when it may not be used.
    ``lines`` gives the line of every front-matter key. ``footer`` is HTML under the body; ``crops`` by ratio (and ``focus``) four
    (two) numbers as written; ``variants`` by account key; ``tags`` are the library's.
    """

    file: str
    title: str = ""
    author: str = ""
    digest: str = ""
    cover: str = ""
    written_cover: str = ""
    original: bool = False
    source_url: str = ""
    comments: bool = False
    body: str = ""
    line: int = 1
    pictures: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    form: Literal["markdown", "html"] = "markdown"
    footer: str = ""
    crops: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def said_by(self, account: str) -> ArticleSource:
        """The article as this account says it."""
        own = self.variants.get(account)
        if own is None:
            return self
        cover = {"cover": own.cover, "written_cover": own.cover, "crops": own.crops} if own.cover else {}
        given = {"title": own.title, "digest": own.digest, "footer": own.footer}
        return replace(self, variants={}, **{key: value for key, value in given.items() if value}, **cover)  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ArticleSource:
        """From its JSON form."""
        variants = {key: Variant(**own) for key, own in value.get("variants", {}).items()}
        return cls(**{**value, "variants": variants, "tags": tuple(value.get("tags", ()))})


@dataclass(frozen=True, slots=True)
class LinkSource:
    """A link card as written; ``image`` is a name inside the folder."""

    title: str
    url: str
    description: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template message as written: ``{name}`` in values, url and path stands for a column of the recipients.

    ``by`` subscription: it is a notice for those who subscribed to it. ``mini_program``: ``appid`` and ``path`` of what it opens.
    """

    id: str
    url: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    by: Literal["template", "subscription"] = "template"
    mini_program: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audience:
    """``all``; ``page``: nobody is told; ``tag`` with one in ``ids``; or ``ids`` (empty: they come from the recipients file)."""

    form: Literal["all", "tag", "ids", "page"] = "all"
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to send. ``at`` is an aware ISO time when ``form`` is ``at``."""

    form: Literal["now", "at", "best"] = "now"
    at: str = ""
    raw: str = "now"

    def moment(self) -> datetime | None:
        """The aware time of an ``at`` schedule, or None."""
        return datetime.fromisoformat(self.at) if self.at else None


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """One campaign folder as values. ``max_lateness`` in seconds, None when the writer set none.

    ``recipients`` names the CSV inside the folder; ``recipient_count`` its usable rows.
    ``articles_listed`` counts the articles named, those that could not be read too.
    ``lines`` gives the line of every key of campaign.yaml, ``account_places`` (place, line) of every account key.
    """

    name: str
    kind: CampaignKind
    marketing: bool = True
    articles: tuple[ArticleSource, ...] = ()
    articles_listed: int = 0
    text: str = ""
    link: LinkSource | None = None
    images: tuple[str, ...] = ()
    template: TemplateSource | None = None
    accounts: tuple[str, ...] = ()
    account_places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    audience: Audience = Audience()
    recipients: str = ""
    recipient_count: int = 0
    schedule: Schedule = Schedule()
    max_lateness: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    def said_by(self, account: str) -> CampaignDraft:
        """The draft as this account says it."""
        return replace(self, articles=tuple(article.said_by(account) for article in self.articles))

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists, stable for hashing (sort the keys when you dump them)."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CampaignDraft:
        """The inverse of ``to_json``, also after a trip through JSON text."""
        return cls(
            **{
                **value,
                "articles": tuple(ArticleSource.from_json(a) for a in value["articles"]),
                "link": LinkSource(**value["link"]) if value["link"] else None,
                "images": tuple(value["images"]),
                "template": TemplateSource(**value["template"]) if value["template"] else None,
                "accounts": tuple(value["accounts"]),
                "account_places": {key: (place, line) for key, (place, line) in value["account_places"].items()},
                "audience": Audience(value["audience"]["form"], tuple(value["audience"]["ids"])),
                "schedule": Schedule(**value["schedule"]),
            }
        )
