"""A turn's bounds: so many seconds; and while other tenants wait, so many rows."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from saas.delivery.ring import MEMBERS, PREFIX, RING

TURN_SECONDS = 2.0
TURN_ROWS = 1000
DRAIN = 2.0  # so long what is claimed may wait for the account's rate after the turn
LOOK_EVERY = 0.2
log = structlog.get_logger()

WAITING = "return redis.call('LLEN', KEYS[1]) - redis.call('SISMEMBER', KEYS[2], ARGV[1])"


class Turn:
    """One tenant's turn. ``crowded``: whether other tenants wait now; without it nobody does."""

    def __init__(self, seconds: float = TURN_SECONDS, crowded: Callable[[], Awaitable[bool]] | None = None) -> None:
        self.until = time.monotonic() + seconds
        self._crowded, self._rows = crowded, 0
        self._known, self._look_at = False, 0.0

    def left(self) -> float:
        """Seconds until it ends."""
        return max(self.until - time.monotonic(), 0.0)

    def fitting(self, rows: int) -> int:
        """How many rows may still be claimed at once: no claim goes over the rows of a turn."""
        return min(rows, TURN_ROWS - self._rows) if self._rows < TURN_ROWS else rows

    async def over(self, rows: int) -> bool:
        """So many rows more were claimed in it, on whatever account: is it over?"""
        self._rows += rows
        now = time.monotonic()
        if now >= self.until:
            return True
        if self._rows < TURN_ROWS or self._crowded is None:
            return False
        if now >= self._look_at:
            self._known, self._look_at = await self._crowded(), now + LOOK_EVERY
        return self._known


def others_waiting(redis: Redis, tenant: int) -> Callable[[], Awaitable[bool]]:
    """Asks the ring whether anybody but this tenant is in it. Without Redis: yes, to be on the fair side."""

    async def ask() -> bool:
        try:
            return int(await cast(Any, redis.eval(WAITING, 2, RING, MEMBERS, f"{PREFIX}{tenant}"))) > 0
        except (RedisError, OSError):
            return True

    return ask
