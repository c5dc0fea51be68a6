"""One process at a time, over all machines: a lock in Redis that ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

LOCK_SECONDS = 20
LOCK_POLL = 0.05
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@asynccontextmanager
async def one_at_a_time(redis: Redis, key: str) -> AsyncIterator[None]:
    """Wait for the lock and hold it. Without Redis we go on: a second fetch costs a call, no send."""
    mark = secrets.token_hex(8)
    locked = await _lock(redis, key, mark)
    try:
        yield
    finally:
        if locked:
            with contextlib.suppress(RedisError):
                await redis.eval(RELEASE, 1, key, mark)


async def _lock(redis: Redis, key: str, mark: str) -> bool:
    for _ in range(int(LOCK_SECONDS / LOCK_POLL)):
        try:
            if await redis.set(key, mark, nx=True, ex=LOCK_SECONDS):
                return True
        except RedisError:
            return False
        await asyncio.sleep(LOCK_POLL)
    return False
