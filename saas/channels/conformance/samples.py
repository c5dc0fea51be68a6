"""A message of each content kind, every one different, so that no platform's check for duplicates drops it."""

from __future__ import annotations

from saas.channels.channel import ContentKind
from saas.channels.conformance.line import Line
from saas.channels.message import Article, Link, Message, Template

MADE: tuple[ContentKind, ...] = ("text", "link", "articles", "image", "template", "notice")
"""The kinds the contract's ``Message`` has a place for."""


def sample(kind: ContentKind, number: int, line: Line) -> Message | None:
    """The ``number``-th plain message of a kind; None for a kind that the kit cannot write."""
    words = f"排练消息 {number} / rehearsal {number}"
    if kind == "text":
        return Message("text", text=words)
    if kind == "link":
        return Message("link", link=Link(f"排练 {number}", f"https://www.example.com/{number}", "一张链接卡片"))
    if kind == "image":
        return Message("image", images=(line.made(f"image {number}"),))
    if kind in ("template", "notice"):
        return Message(kind, template=Template("rehearsal", {"words": words}))
    return Message("articles", articles=(_article(number, line),)) if kind == "articles" else None


def _article(number: int, line: Line) -> Article:
    cover, inside = line.made(f"cover {number}"), line.made(f"body {number}")
    html = f'<section><p>正文 {number}</p><p><img src="media:{inside.sha256}" alt="图"></p></section>'
    address = f"https://www.example.com/{number}"
    return Article(f"排练 {number}", html, digest="摘要", cover=cover, source_url=address, pictures=(inside,))
