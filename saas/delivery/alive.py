"""Who is alive: workers and schedulers say so in Redis every few seconds, by its clock."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, cast

from redis import Redis
from redis import asyncio as loop

ALIVE = "qunfa:alive"
EVERY = 5.0
GONE_AFTER = 20
FORGOTTEN_AFTER = 3600
KINDS = ("worker", "scheduler")
Kind = Literal["worker", "scheduler"]

# KEYS: who was heard. ARGV: kind and name, seconds until one is forgotten.
HEARD = """
local now = redis.call('TIME')[1]
redis.call('ZADD', KEYS[1], now, ARGV[1])
return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
"""
# ARGV: seconds until one is taken for gone.
PRESENT = "return redis.call('ZRANGEBYSCORE', KEYS[1], redis.call('TIME')[1] - ARGV[1], '+inf')"


def say(redis: Redis, kind: Kind, name: str) -> None:
    """This process lives."""
    redis.eval(HEARD, 1, ALIVE, f"{kind} {name}", str(FORGOTTEN_AFTER))


async def say_on_loop(redis: loop.Redis, kind: Kind, name: str) -> None:
    """The same from the event loop."""
    await cast(Any, redis.eval(HEARD, 1, ALIVE, f"{kind} {name}", str(FORGOTTEN_AFTER)))


def leave(redis: Redis, kind: Kind, name: str) -> None:
    """This process ends in order: nobody need wait to learn it."""
    redis.zrem(ALIVE, f"{kind} {name}")


def present(redis: Redis) -> dict[str, int]:
    """How many of each kind were heard of lately."""
    found = cast(list[bytes], redis.eval(PRESENT, 1, ALIVE, str(GONE_AFTER)))
    heard = Counter(name.decode().partition(" ")[0] for name in found)
    return {kind: heard[kind] for kind in KINDS}
