"""The message as it stands for one account: rendered, fitted, and the same bytes the reviewers signed.

Plain values that go to JSON and back unchanged, because their hash is what an approval signs. Pictures are named by
the SHA-256 of their fitted bytes; the bytes come from ``Platform.picture``. In ``Article.html`` a picture is
``<img src="media:SHA256">``; the channel uploads it and writes the platform's address in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from saas.channels.channel import ContentKind

MEDIA_SCHEME = "media:"


@dataclass(frozen=True, slots=True)
class Picture:
    """A fitted picture. ``size`` in bytes, ``width`` and ``height`` in pixels, ``mime`` one of image/jpeg, png, gif."""

    sha256: str
    mime: str
    width: int
    height: int
    size: int
    name: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One article: sanitised HTML with inline styles, lengths already checked against the account's rules.

    ``crops`` of the cover by ratio (``2.35:1``, ``1:1``): ``x1_y1_x2_y2``, parts of the picture with six digits.
    """

    title: str
    html: str
    author: str = ""
    digest: str = ""
    cover: Picture | None = None
    original: bool = False
    source_url: str = ""
    comments: bool = False
    pictures: tuple[Picture, ...] = ()
    crops: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A link card."""

    title: str
    url: str
    description: str = ""
    image: Picture | None = None


@dataclass(frozen=True, slots=True)
class MiniProgram:
    """A page of a mini program, opened instead of an address."""

    appid: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A template message, or a notice; ``{name}`` in values, url and path is filled from ``Target.fields`` for each recipient."""

    id: str
    data: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    mini_program: MiniProgram | None = None

    def filled(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The data with every ``{name}`` replaced from ``fields``; an unknown name stays as it is."""
        return {key: fill(value, fields) for key, value in self.data.items()}


def fill(text: str, fields: Mapping[str, str]) -> str:
    """Replace each ``{name}`` of ``text`` by ``fields[name]``, once: a value that contains braces is not filled again."""
    if "{" not in text:
        return text
    filled, places = _places(text)
    for name, after in places:
        filled += fields[name] + after if name in fields else f"{{{name}}}{after}"
    return filled


@lru_cache(maxsize=256)
def _places(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text before the first place, then every place's name with the text after it. One template is filled for many."""
    before, *parts = text.split("{")
    places: list[tuple[str, str]] = []
    for part in parts:
        name, brace, after = part.partition("}")
        if brace:
            places.append((name, after))
        elif places:
            places[-1] = (places[-1][0], f"{places[-1][1]}{{{part}")
        else:
            before += "{" + part
    return before, tuple(places)


@dataclass(frozen=True, slots=True)
class Message:
    """What one account says. ``kind`` says which of the other fields carries it; ``text`` may accompany a link or image."""

    kind: ContentKind
    articles: tuple[Article, ...] = ()
    text: str = ""
    link: Link | None = None
    images: tuple[Picture, ...] = ()
    template: Template | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists, stable for hashing (sort the keys when you dump them)."""
        told = asdict(self)
        if self.template and self.template.mini_program is None:
            del told["template"]["mini_program"]  # a template without one hashes as it did before there were any
        return told

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Message:
        """The inverse of ``to_json``."""
        return cls(
            kind=value["kind"],
            articles=tuple(_article(a) for a in value.get("articles", ())),
            text=value.get("text", ""),
            link=_link(value["link"]) if value.get("link") else None,
            images=tuple(Picture(**p) for p in value.get("images", ())),
            template=_template(value["template"]) if value.get("template") else None,
        )

    def pictures(self) -> tuple[Picture, ...]:
        """Every picture of the message, covers first, each once."""
        found: dict[str, Picture] = {}
        for article in self.articles:
            for picture in (article.cover, *article.pictures):
                if picture:
                    found.setdefault(picture.sha256, picture)
        for picture in (self.link.image if self.link else None, *self.images):
            if picture:
                found.setdefault(picture.sha256, picture)
        return tuple(found.values())


def _article(value: Mapping[str, Any]) -> Article:
    cover = Picture(**value["cover"]) if value.get("cover") else None
    pictures = tuple(Picture(**p) for p in value.get("pictures", ()))
    return Article(**{**value, "cover": cover, "pictures": pictures})


def _link(value: Mapping[str, Any]) -> Link:
    return Link(**{**value, "image": Picture(**value["image"]) if value.get("image") else None})


def _template(value: Mapping[str, Any]) -> Template:
    opened = value.get("mini_program")
    return Template(**{**value, "mini_program": MiniProgram(**opened) if opened else None})
