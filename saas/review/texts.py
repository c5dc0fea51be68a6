"""A message as reviewers read it: named parts of plain text, in which comments are anchored and changes are shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise

from saas.channels.message import Article, Message
from saas.kernel.errors import Words

BLOCKS = {
    "p", "div", "section", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "blockquote", "pre", "figure", "figcaption", "table",
    "ul", "ol", "hr", "br", "td", "th",
}  # fmt: skip
FIELDS: dict[str, Words] = {
    "title": ("标题", "title"),
    "digest": ("摘要", "digest"),
    "author": ("作者", "author"),
    "source_url": ("原文链接", "source link"),
    "body": ("正文", "text"),
    "text": ("文字", "text"),
    "description": ("说明", "description"),
    "url": ("链接", "link"),
    "id": ("模板", "template"),
    "mini_program": ("小程序", "mini program"),
}


class _Reader(HTMLParser):
    """Collects the text of HTML, one line a block; a picture stands as its words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.lines.append("")
        if tag == "img":
            self.lines[-1] += f"［图：{dict(attrs).get('alt') or ''}］"

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data.replace("\n", " ")


def plain(html: str) -> str:
    """The text of an article's HTML: a line a paragraph, no empty lines."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in reader.lines)
    return "\n".join(line for line in lines if line)


def parts_of(message: Message) -> dict[str, str]:
    """Every part that has words, by name (``article.0.title``), in reading order."""
    found: dict[str, str] = {}
    for number, article in enumerate(message.articles):
        found |= {f"article.{number}.{name}": value for name, value in _article(article).items()}
    found["text"] = message.text
    if message.link:
        link = message.link
        found |= {"link.title": link.title, "link.description": link.description, "link.url": link.url}
    if message.template:
        opened = message.template.mini_program
        found |= {"template.id": message.template.id, "template.url": message.template.url}
        found |= {"template.mini_program": f"{opened.appid} {opened.path}".strip()} if opened else {}
        found |= {f"template.data.{name}": value for name, value in message.template.data.items()}
    return {name: text for name, text in found.items() if text}


def _article(article: Article) -> dict[str, str]:
    return {
        "title": article.title,
        "digest": article.digest,
        "author": article.author,
        "source_url": article.source_url,
        "body": plain(article.html),
    }


def covers_of(message: Message) -> dict[str, str]:
    """The pictures that stand for themselves, by name: covers, the link's picture, pictures of a picture message; as hashes."""
    found = {f"article.{n}.cover": article.cover.sha256 for n, article in enumerate(message.articles) if article.cover}
    if message.link and message.link.image:
        found["link.image"] = message.link.image.sha256
    return found | {f"image.{n}": picture.sha256 for n, picture in enumerate(message.images)}


def part_words(part: str) -> Words:
    """What a part is called: 第 1 篇 · 标题."""
    place, _, name = part.rpartition(".")
    known = FIELDS.get(name, {"cover": ("封面", "cover"), "image": ("配图", "picture")}.get(name, (name, name)))
    if place.startswith("article."):
        number = int(place.split(".")[1]) + 1
        return f"第 {number} 篇 · {known[0]}", f"article {number} · {known[1]}"
    if place == "image":
        return f"第 {int(name) + 1} 张图", f"picture {int(name) + 1}"
    lead = {"link": ("链接卡片", "link card"), "template": ("模板", "template"), "template.data": ("模板", "template")}.get(place)
    return (f"{lead[0]} · {known[0]}", f"{lead[1]} · {known[1]}") if lead else known


def segments(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text cut where spans (start, length) begin and end: each piece, and whether one of them covers it."""
    marks = [(start, start + length) for start, length in spans if length]
    cuts = sorted({0, len(text), *(min(cut, len(text)) for mark in marks for cut in mark)})
    return [(text[a:b], any(first <= a < last for first, last in marks)) for a, b in pairwise(cuts)]
