"""Lines for a command or a request: opened for one task, closed after it. Workers keep theirs open instead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from saas.accounts.line import Lines
from saas.accounts.reach import Reach
from saas.channels.http import Http
from saas.kernel.pool import Pool
from saas.kernel.redis_server import connect_on_loop
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import Settings

T = TypeVar("T")


async def with_lines(settings: Settings, task: Callable[[Lines], Awaitable[T]], connections: int = 64) -> T:
    """Open a pool, Redis and HTTP, run ``task``, close all."""
    pool, redis = Pool(settings.database_url, size=4), connect_on_loop(settings.redis_url)
    http = Http(connections, connector=Reach.of(settings).connector)
    await pool.open()
    try:
        return await task(Lines(pool, redis, sealer_with(settings.encryption_keys), http))
    finally:
        await http.close()
        await redis.aclose()
        await pool.close()


def run_with_lines(settings: Settings, task: Callable[[Lines], Awaitable[T]]) -> T:
    """The same, from ordinary code: a loop of its own for the length of the task."""
    return asyncio.run(with_lines(settings, task))
