"""Text as the word lists see it: one width, one case, no tricks between the letters, and the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape

_SKIPPED = re.compile(
    r"<[a-zA-Z/!][^<>\n]{0,300}>"  # a tag set between the letters of a word
    r"|(?<=\])\([^()\s]{1,500}\)"  # the address of a Markdown link
    r"|https?://[^\s)）」”]+"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_BETWEEN = set(" \t*_~`|\\/·•・.-—–+=^'\"“”‘’「」『』【】[]〔〕()（）《》<>#")
"""Characters that do not interrupt a word when letters stand on both sides."""


@dataclass(frozen=True, slots=True)
class Normal:
    """Normalised ``text`` and, for each of its characters, the (start, end) it came from in the original."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def mark(self, start: int, end: int) -> tuple[int, int]:
        """Original offsets of the normalised range."""
        return self.spans[start][0], self.spans[end - 1][1]


def normalise(text: str) -> Normal:
    """NFKC and lower case, entities read, tags and zero-width characters dropped, separators inside words dropped."""
    pieces = _pieces(text)
    kept: list[tuple[str, int, int]] = []
    for index, (char, start, end) in enumerate(pieces):
        if char in _BETWEEN and _inside_word(pieces, index, kept):
            continue
        kept.append((char, start, end))
    return Normal("".join(c for c, _, _ in kept), tuple((start, end) for _, start, end in kept))


def _pieces(text: str) -> list[tuple[str, int, int]]:
    """(character, start, end) after NFKC, without invisible characters."""
    skipped = {at for match in _SKIPPED.finditer(text) for at in range(*match.span())}
    entities = {match.start(): match for match in _ENTITY.finditer(text)} if "&" in text else {}
    pieces: list[tuple[str, int, int]] = []
    at = 0
    while at < len(text):
        end, chars = at + 1, text[at]
        if at in entities:
            end, chars = entities[at].end(), unescape(entities[at][0])
        if at not in skipped:
            pieces += [(char, at, end) for char in _plain(chars)]
        at = end
    return pieces


def _plain(chars: str) -> str:
    if chars.isascii():
        return chars.lower()
    plain = unicodedata.normalize("NFKC", chars).lower()
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn", "Me"))


def _inside_word(pieces: list[tuple[str, int, int]], index: int, kept: list[tuple[str, int, int]]) -> bool:
    """Whether a separator stands between two Chinese characters, possibly among other separators."""
    if not kept or not _chinese(kept[-1][0]):
        return False
    after = next((char for char, _, _ in pieces[index + 1 : index + 6] if char not in _BETWEEN), "")
    return bool(after) and _chinese(after)


def _chinese(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or char >= "\U00020000"


class Lines:
    """Line numbers of offsets."""

    def __init__(self, text: str, first: int) -> None:
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self._first = first

    def at(self, offset: int) -> int:
        """The line of an offset, counted from the first line given."""
        return self._first + bisect_right(self._starts, offset) - 1
