"""A text with parts of it replaced, and the way back: every place of the new text has its place in the old one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Edit = tuple[int, int, str]
"""(start, end, what stands there instead)."""


@dataclass(frozen=True, slots=True)
class Edited:
    """``text`` after the edits. Piece *n* begins at ``starts[n]`` and came from ``origins[n]``; where ``whole[n]`` it was
    replaced and stands for all of its origin, else each character stands for its own."""

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[tuple[int, int], ...] = ((0, 0),)
    whole: tuple[bool, ...] = (False,)

    def span(self, index: int) -> tuple[int, int]:
        """Where the character at ``index`` came from."""
        piece = bisect_right(self.starts, index) - 1
        start, end = self.origins[piece]
        if self.whole[piece]:
            return start, end
        at = start + index - self.starts[piece]
        return at, at + 1

    def mark(self, start: int, end: int) -> tuple[int, int]:
        """Where the range came from; ``start`` < ``end``."""
        return self.span(start)[0], self.span(end - 1)[1]


def edit(text: str, edits: Iterable[Edit]) -> Edited:
    """The text with the edits made. They must be in order and not overlap."""
    parts: list[str] = []
    pieces: list[tuple[int, tuple[int, int], bool]] = []
    at = length = 0
    for start, end, instead in edits:
        if start > at:
            pieces.append((length, (at, start), False))
            parts.append(text[at:start])
            length += start - at
        if instead:
            pieces.append((length, (start, end), True))
            parts.append(instead)
            length += len(instead)
        at = end
    if at < len(text) or not pieces:
        pieces.append((length, (at, len(text)), False))
        parts.append(text[at:])
    starts, origins, whole = zip(*pieces, strict=True)
    return Edited("".join(parts), starts, origins, whole)
