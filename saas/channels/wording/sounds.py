"""Words by their sound: each Chinese character, and each syllable in Latin letters between them, as one code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache

from saas.channels.wording.edits import Edit, Edited, edit

_SILENT = "\ue000"
_FIRST = 0xE001
_LATIN = re.compile(r"[a-z]{2,6}")


@cache
def _codes() -> tuple[dict[int, str], dict[str, str]]:
    """(character → code, syllable → code)."""
    from pypinyin.pinyin_dict import pinyin_dict  # half a second of reading that only a check needs

    syllables: dict[str, str] = {}
    characters: dict[int, str] = {}
    for char, readings in pinyin_dict.items():
        plain = toneless(readings.split(",")[0])
        characters[char] = syllables.setdefault(plain, chr(_FIRST + len(syllables)))
    return characters, syllables


def toneless(reading: str) -> str:
    """A reading without its tone: ``zhòng`` is ``zhong``."""
    return "".join(char for char in unicodedata.normalize("NFD", reading) if not unicodedata.combining(char))


@cache
def _words() -> Collection[str]:
    from pypinyin.phrases_dict import phrases_dict

    words: Collection[str] = phrases_dict.keys()
    return words


class _Codes(dict[int, str]):
    def __missing__(self, char: int) -> str:
        return _SILENT


@cache
def _table() -> _Codes:
    return _Codes(_codes()[0])


def sounds(text: str) -> Edited:
    """The sounds of a normalised text, one code a character or Latin syllable, with the way back into it."""
    spoken = edit(text, _syllables(text))
    return Edited(spoken.text.translate(_table()), spoken.starts, spoken.origins, spoken.whole)


def _syllables(text: str) -> Iterator[Edit]:
    """Latin syllables beside a Chinese character; their codes are private characters that stand for themselves."""
    known = _codes()[1]
    for found in _LATIN.finditer(text):
        start, end = found.span()
        beside = (start > 0 and text[start - 1] >= "\u3400") or (end < len(text) and text[end] >= "\u3400")
        if beside and found[0] in known:
            yield start, end, _marks()[found[0]]


@cache
def _marks() -> dict[str, str]:
    """Latin syllables as characters outside the text's own, each with the sound of its syllable."""
    known = _codes()[1]
    marks = {syllable: chr(0xF0000 + number) for number, syllable in enumerate(known)}
    _table().update({ord(mark): known[syllable] for syllable, mark in marks.items()})
    return marks


def sound_of(word: str) -> str:
    """The codes of a word of Chinese characters; "" where one has no reading."""
    codes = word.translate(_table())
    return "" if _SILENT in codes else codes


def is_word(text: str) -> bool:
    """Whether the dictionary of readings knows it as a word."""
    return text in _words()
