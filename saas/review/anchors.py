"""Where a comment stands after the text was edited: found again by its quote and what stood around it, or detached. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

LEAST_KEPT = 0.5
"""Of the quoted characters, the share that must still stand for a comment to stay at its place."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a text: ``quote`` begins at ``start`` characters."""

    quote: str
    start: int


def anchored(text: str, quote: str, start: int) -> Anchor | None:
    """The place of this quote in the text it was taken from; the nearest one where the offset is not exact. None: not in it."""
    if not quote:
        return Anchor("", 0)
    if start >= 0 and text[start : start + len(quote)] == quote:
        return Anchor(quote, start)
    places = _places(text, quote)
    return Anchor(quote, min(places, key=lambda place: abs(place - start))) if places else None


def moved(before: str, after: str, anchor: Anchor) -> Anchor | None:
    """Where the anchor stands once ``before`` has become ``after``; None when what it spoke of is gone.

    The same words are found again where they moved to, the nearest to where they would be now; words that were edited are
    followed through the edit as long as half of them still stand.
    """
    if not anchor.quote or before == after:
        return anchor
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    end = anchor.start + len(anchor.quote)
    kept = [
        (max(a, anchor.start) - a + b, min(a + size, end) - a + b)
        for a, b, size in blocks
        if size and a < end and a + size > anchor.start
    ]
    stands = sum(last - first for first, last in kept)
    if kept and stands == len(anchor.quote) and kept[-1][1] - kept[0][0] == stands:
        return Anchor(anchor.quote, kept[0][0])
    if places := _places(after, anchor.quote):
        wanted = kept[0][0] if kept else anchor.start
        return Anchor(anchor.quote, min(places, key=lambda place: abs(place - wanted)))
    if kept and stands >= LEAST_KEPT * len(anchor.quote):
        return Anchor(after[kept[0][0] : kept[-1][1]], kept[0][0])
    return None


def _places(text: str, quote: str) -> list[int]:
    found, place = [], text.find(quote)
    while place >= 0:
        found.append(place)
        place = text.find(quote, place + 1)
    return found
