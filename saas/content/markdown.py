"""Markdown as this product reads it: tables and strikethrough, raw HTML kept for the sanitiser, every part with its line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MAX_NESTING = 40
_BLOCK_END = {"paragraph_close", "heading_close", "tr_close", "fence", "code_block", "html_block", "hr"}


@dataclass(frozen=True, slots=True)
class Placed:
    """Something in an article and its line in the file: an address, or a piece of raw HTML; ``text`` its words."""

    value: str
    line: int
    text: str = ""


@dataclass(slots=True)
class Scan:
    """What an article holds: pictures, links and raw HTML with their lines, and its words."""

    images: list[Placed] = field(default_factory=list)
    links: list[Placed] = field(default_factory=list)
    raw: list[Placed] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The one parser. Addresses stay as written: the sanitiser decides about them, and says so."""
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    markdown.normalizeLink = lambda url: url  # type: ignore[method-assign]
    markdown.core.ruler.push("join_wide_lines", _join_wide_lines)
    return markdown


def _join_wide_lines(state: StateCore) -> None:
    """A line break inside a Chinese sentence must not become a space on the page."""
    for token in state.tokens:
        children = token.children or []
        for index in range(1, len(children) - 1):
            if children[index].type == "softbreak" and _wide_end(children[index - 1]) and _wide_start(children[index + 1]):
                children[index].meta["joined"] = True
                children[index].type, children[index].content = "text", ""


def _wide_end(token: Token) -> bool:
    return bool(token.content) and unicodedata.east_asian_width(token.content[-1]) in "WF"


def _wide_start(token: Token) -> bool:
    return bool(token.content) and unicodedata.east_asian_width(token.content[0]) in "WF"


def to_html(body: str) -> str:
    """The article's HTML, not yet sanitised."""
    return str(parser().render(body))


@lru_cache(maxsize=64)
def scan(body: str, first_line: int = 1) -> Scan:
    """Every picture, link and piece of raw HTML of a body, with lines counted from ``first_line``."""
    result = Scan()
    line = first_line
    for token in parser().parse(body):
        if token.map:
            line = first_line + token.map[0]
        if token.type == "html_block":
            result.raw.append(Placed(token.content, line))
            result.words.append(_bare(token.content))
        elif token.type == "inline":
            _scan_inline(token.children or [], line, result)
        elif token.type in ("fence", "code_block"):
            result.words.append(token.content)
        if token.type in _BLOCK_END:
            result.words.append("\n")
        elif token.type == "td_close":
            result.words.append(" ")
    return result


def _scan_inline(children: Sequence[Token], line: int, result: Scan) -> None:
    for child, at in _with_lines(children, line):
        match child.type:
            case "image":
                result.images.append(Placed(str(child.attrs.get("src", "")), at, child.content))
            case "link_open":
                result.links.append(Placed(str(child.attrs.get("href", "")), at))
            case "html_inline":
                result.raw.append(Placed(child.content, at))
            case "softbreak" | "hardbreak":
                result.words.append("\n")
            case _:
                result.words.append(child.content)


def _with_lines(children: Sequence[Token], line: int) -> Iterator[tuple[Token, int]]:
    for child in children:
        yield child, line
        if child.type in ("softbreak", "hardbreak") or child.meta.get("joined"):
            line += 1
        elif child.type == "html_inline":
            line += child.content.count("\n")


def _bare(html: str) -> str:
    return unescape(nh3.clean(html, tags=set(), clean_content_tags={"script", "style"}))


def plain_text(body: str) -> str:
    """The words of an article without markup, one line a block: for length checks, text fallbacks and comparison."""
    lines = (" ".join(line.split()) for line in "".join(scan(body).words).split("\n"))
    return "\n".join(line for line in lines if line)
