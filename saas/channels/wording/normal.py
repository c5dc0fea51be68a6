"""Text as the word lists see it: one form for each letter, no tricks between the letters, and the way back to the original."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape

from saas.channels.wording.edits import Edit, Edited, edit
from saas.channels.wording.folding import expansions, fold, spellings

_SKIPPED = (
    r"<[a-zA-Z/!][^<>\n]{0,300}>"  # a tag set between the letters of a word
    r"|(?<=\])\([^()\s]{1,500}\)"  # the address of a Markdown link
    r"|https?://[^\s)）」”]{1,2000}"
)
_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});"
_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\xad\u0300-\u036f\u034f\u0591-\u05bd\u0610-\u061a\u061c\u064b-\u065f\u070f\u1ab0-\u1aff"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1dc0-\u1dff\u200b-\u200f\u2028-\u202e\u2060-\u206f\u20d0-\u20f0\u302a-\u302f\u3164"
    "\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""Invisible or combining: dropped wherever they stand."""
_PICTURES = "\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\U0001f000-\U0001faff"
_BETWEEN = re.escape(" \t*_~`|\\/·•・.-—–+=^'\"“”‘’「」『』【】[]〔〕()（）《》<>#@&$%") + "\u00a0\u2000-\u200a\u202f\u205f\u3000"
_RUN = re.compile(f"[{_BETWEEN}{_PICTURES}]+|\n")
_AT_MOST = 6
_LONG_LINE = 15
"""A line of so many characters that ends in a letter goes on in the next one: somebody has wrapped it."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Normalised ``text``; ``mark`` leads back to the original."""

    text: str
    layers: tuple[Edited, ...]

    def mark(self, start: int, end: int) -> tuple[int, int]:
        """Original offsets of the normalised range; ``start`` < ``end``."""
        for layer in self.layers:
            start, end = layer.mark(start, end)
        return start, end


@lru_cache(maxsize=64)
def normalise(text: str) -> Normal:
    """Plain letters; entities read; tags, addresses and what nobody sees dropped; separators inside words dropped."""
    folded = fold(text)
    bare = edit(folded, _bared(folded))
    joined = edit(bare.text, _joints(bare.text))
    meant = edit(
        joined.text, ((found.start(), found.end(), spellings()[found[0]]) for found in _misspelt().finditer(joined.text))
    )
    return Normal(meant.text, (meant, joined, bare))


@cache
def _misspelt() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(way) for way in sorted(spellings(), key=len, reverse=True)))


@cache
def _special() -> re.Pattern[str]:
    expanding = re.escape("".join(char for char in expansions()))
    return re.compile(f"(?P<skip>{_SKIPPED})|(?P<entity>{_ENTITY})|[{_UNSEEN}]+|(?P<more>[{expanding}])")


def _bared(text: str) -> Iterator[Edit]:
    for found in _special().finditer(text):
        instead = ""
        if found.lastgroup == "entity":
            instead = "".join(char for char in fold(unescape(found[0])) if not re.match(f"[{_UNSEEN}]", char))
        elif found.lastgroup == "more":
            instead = expansions()[found[0]]
        yield found.start(), found.end(), instead


def _joints(text: str) -> Iterator[Edit]:
    """What does not interrupt a word where letters stand on both sides."""
    for found in _RUN.finditer(text):
        start, end = found.span()
        if start == 0 or end == len(text):
            continue
        before, after = text[start - 1], text[end]
        if found[0] == "\n":
            if _han(before) and _han(after) and "\n" not in text[max(0, start - _LONG_LINE) : start] and start > _LONG_LINE:
                yield start, end, ""
        elif end - start <= _AT_MOST and (
            (_han(before) and _han(after)) or (found[0] == " " and before.isdigit() and after in "%折元天倍")
        ):
            yield start, end, ""


def _han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or char >= "\U00020000"
