"""Claimed rows on their way to the senders: handed over by the chunk, taken one by one without waiting while there are any."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saas.channels.outcome import Outcome

Row = Mapping[str, Any]


@dataclass(slots=True)
class Chunk:
    """Rows under one lease and what became of them. ``ends``: when the first of its quota windows does (Unix time)."""

    lease: int
    size: int
    ends: float = math.inf
    results: list[tuple[Row, Outcome | None]] = field(default_factory=list)


class Outbox:
    """Between one claimer and many senders. Bounded: ``room`` waits until at most ``most`` rows are left."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: deque[tuple[Chunk, Row]] = deque()
        self._changed, self._low = asyncio.Event(), asyncio.Event()
        self._ended = False

    def __len__(self) -> int:
        """How many rows wait for a sender."""
        return len(self._rows)

    def put(self, chunk: Chunk, rows: Sequence[Row]) -> None:
        """Hand over a chunk."""
        self._rows.extend((chunk, row) for row in rows)
        self._low.clear()
        self._changed.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._changed.set()

    async def room(self) -> None:
        """Wait until there is room for another chunk."""
        while len(self._rows) > self._most:
            self._low.clear()
            await self._low.wait()

    async def take(self) -> tuple[Chunk, Row] | None:
        """The next row; None when nothing is left and nothing will come."""
        while not self._rows:
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        if len(self._rows) == self._most + 1:
            self._low.set()
        return self._rows.popleft()
