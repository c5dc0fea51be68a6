"""Claimed deliveries on their way to the senders: handed over by the chunk, taken one by one and without waiting."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from saas.channels.outcome import Outcome
from saas.channels.platform import Delivery


@dataclass(slots=True)
class Chunk:
    """Deliveries under one lease and what became of them.

    ``ends``: when the first of its quota windows does (Unix time). ``held``: those an earlier attempt may have sent already.
    ``part``: others under its lease are on their way. ``leave``: until when calls may begin without a new look (steady clock).
    """

    lease: int
    size: int
    ends: float = math.inf
    held: frozenset[int] = frozenset()
    part: bool = False
    leave: float = 0.0
    results: list[tuple[Delivery, Outcome | None]] = field(default_factory=list)


class Outbox:
    """Between one claimer and many senders. Bounded: ``room`` waits until few enough rows are left."""

    def __init__(self) -> None:
        self._most = 0
        self._rows: deque[tuple[Chunk, Delivery]] = deque()
        self._changed, self._low = asyncio.Event(), asyncio.Event()
        self._ended = False

    def __len__(self) -> int:
        """How many rows wait for a sender."""
        return len(self._rows)

    def put(self, chunk: Chunk, rows: Sequence[Delivery]) -> None:
        """Hand over a chunk."""
        self._rows.extend((chunk, row) for row in rows)
        self._low.clear()
        self._changed.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._changed.set()

    async def room(self, most: int) -> None:
        """Wait until at most ``most`` rows are left."""
        self._most = most
        while len(self._rows) > self._most:
            self._low.clear()
            await self._low.wait()

    def drain(self) -> list[Chunk]:
        """All that waits, not to be called: whole chunks, or parts of those of which others are on their way."""
        waiting: dict[int, tuple[Chunk, list[tuple[Delivery, Outcome | None]]]] = {}
        while self._rows:
            chunk, row = self._rows.popleft()
            waiting.setdefault(chunk.lease, (chunk, []))[1].append((row, None))
        self._low.set()
        return [_apart(chunk, rows) for chunk, rows in waiting.values()]

    def next(self) -> tuple[Chunk, Delivery] | None:
        """The next delivery; None when one must wait for it, or nothing will come (see ``take``)."""
        if not self._rows:
            return None
        if len(self._rows) == self._most + 1:
            self._low.set()
        return self._rows.popleft()

    async def take(self) -> tuple[Chunk, Delivery] | None:
        """The next delivery, waited for; None when nothing is left and nothing will come."""
        while not self._rows and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        return self.next()


def _apart(chunk: Chunk, rows: list[tuple[Delivery, Outcome | None]]) -> Chunk:
    if len(chunk.results) + len(rows) == chunk.size:
        chunk.results += rows
        return chunk
    chunk.size -= len(rows)
    return Chunk(chunk.lease, len(rows), held=chunk.held, part=True, results=rows)
