"""Two people's changes beside what both began with: field by field, and inside long texts block by block. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from saas.content.library.bodies import clean

Who = Literal["mine", "theirs", "both"]
HTML = ("body", "footer")
_BLOCK = re.compile(r"(?=<(?:p|section|div|h[1-6]|ul|ol|li|table|tr|blockquote|figure|pre|hr|img)\b)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[\n。！？])")
Hunk = tuple[int, int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that one side or both have changed. ``merged`` None: both changed the same place, so a person must choose.

    (A field that is to be empty merges to an empty value, never to None, but for a cover, which nobody can half choose.)
    """

    name: str
    who: Who
    base: Any
    mine: Any
    theirs: Any
    merged: Any


def compare(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Every field that is not the same on both sides."""
    return tuple(
        _change(name, base.get(name), mine.get(name), theirs.get(name))
        for name in dict.fromkeys([*base, *mine, *theirs])
        if mine.get(name) != theirs.get(name)
    )


def _change(name: str, base: Any, mine: Any, theirs: Any) -> FieldChange:
    if mine == base:
        return FieldChange(name, "theirs", base, mine, theirs, theirs)
    if theirs == base:
        return FieldChange(name, "mine", base, mine, theirs, mine)
    return FieldChange(name, "both", base, mine, theirs, _both(name, base, mine, theirs))


def _both(name: str, base: Any, mine: Any, theirs: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        parts = {key: _part(base.get(key), mine.get(key), theirs.get(key)) for key in dict.fromkeys([*base, *mine, *theirs])}
        clash = any(part is _CLASH for part in parts.values())
        return None if clash else {key: part for key, part in parts.items() if part is not None}
    if not all(isinstance(side, str) for side in (base, mine, theirs)):
        return None
    merged = merge_text(base, mine, theirs, _BLOCK if name in HTML else _SENTENCE)
    if merged is not None and name in HTML and clean(merged) != merged:
        return None  # the two halves do not nest
    return merged


_CLASH = object()


def _part(base: Any, mine: Any, theirs: Any) -> Any:
    if mine == theirs or theirs == base:
        return mine
    return theirs if mine == base else _CLASH


def merge_text(base: str, mine: str, theirs: str, cut: re.Pattern[str]) -> str | None:
    """Both changes in one text, or None when they touch the same block or meet at one place."""
    blocks = cut.split(base)
    ours, others = _hunks(blocks, cut.split(mine)), _hunks(blocks, cut.split(theirs))
    if any(_touch(one, other) for one in ours for other in others):
        return None
    out, at = [], 0
    for start, end, put in sorted([*ours, *(other for other in others if other not in ours)]):
        out += [*blocks[at:start], *put]
        at = end
    return "".join([*out, *blocks[at:]])


def _hunks(before: list[str], after: list[str]) -> list[Hunk]:
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [(a, b, after[c:d]) for what, a, b, c, d in codes if what != "equal"]


def _touch(one: Hunk, other: Hunk) -> bool:
    return one[0] <= other[1] and other[0] <= one[1] and one != other
