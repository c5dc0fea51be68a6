"""An account's rate over all workers: slots on one timeline in Redis, taken a handful at a time and spent in memory.

Slots lie so far apart that the platform never counts more than ``calls`` in any stretch of ``seconds``, even when a call
starts ``VALID`` late or two calls' ways to the platform differ by as much. What is not used in its time is gone. Without
Redis there are no slots: nothing begins, which is slower and never too fast.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from saas.channels.rules import Rate

SLACK, SLACK_SHARE = 0.2, 0.05  # seconds by which the rate's stretch is lengthened, or this share of it if that is more
AT_ONCE = 0.05  # no more than this many seconds' worth of slots are taken at once
FURTHEST = 0.5  # a timeline taken for longer than that is asked again later
SLOW_GAP = 0.25  # from here on a claim waits for the slot instead of the slot for a worker
AFTER_FAULT = 1.0  # Redis may have forgotten the timeline: by then every slot that was given out is over
log = structlog.get_logger()

# KEYS: the timeline. ARGV: microseconds between slots, slots wanted, furthest start in microseconds.
# Gives how many microseconds from now the first slot is, and how many there are: none when it is too far.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local first = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
first = math.min(first, now + ARGV[3] + math.max(ARGV[1], 100000))  -- further than that it is only when Redis's clock went back
if first - now > tonumber(ARGV[3]) then return {math.ceil(first - now), 0} end
local ends = first + ARGV[1] * ARGV[2]
redis.call('SET', KEYS[1], string.format('%.3f', ends), 'PX', math.ceil((ends - now) / 1000) + 1000)
return {math.ceil(first - now), tonumber(ARGV[2])}
"""


class Pace:
    """One account's slots within this process. ``take`` is one step in memory; ``slot`` waits and asks Redis."""

    def __init__(self, redis: Redis, account: int, rate: Rate) -> None:
        slack = max(SLACK, rate.seconds * SLACK_SHARE)
        self.gap = (rate.seconds + slack) / rate.calls
        self._valid = slack / 2
        self._most = max(1, int(AT_ONCE / self.gap))
        self._redis, self._key = redis, f"pace:{account}:{rate.calls}:{rate.seconds:g}"
        self._next, self._left, self._wanted = 0.0, 0, 1
        self._spare: tuple[float, int] | None = None
        self._not_before = 0.0
        self._line, self._asking = asyncio.Lock(), asyncio.Lock()
        self._order: asyncio.Task[None] | None = None
        self._waiting = 0

    def take(self) -> bool:
        """A slot, if one is here and its time has come."""
        if not self._left or not self._next <= time.monotonic() < self._next + self._valid:
            return False
        self._left -= 1
        self._next += self.gap
        if self._left == self._wanted // 2 and self._wanted >= 8 and self._spare is None:
            self._order = asyncio.create_task(self._ask())
        return True

    async def slot(self, until: float) -> bool:
        """Wait for a slot, in order; False when none comes before ``until`` (steady clock)."""
        self._waiting += 1
        try:
            async with self._line:
                while not self.take():
                    wait = await self._coming()
                    if time.monotonic() + wait > until:
                        return False
                    await asyncio.sleep(wait)
                return True
        finally:
            self._waiting -= 1

    async def opening(self, before: int = 0) -> float:
        """Seconds until a call that is claimed now could begin, with ``before`` in front of it; 0 where that is always soon."""
        if self.gap < SLOW_GAP:
            return 0.0
        return await self._coming() + (self._waiting + before) * self.gap

    async def _coming(self) -> float:
        """Seconds until there is a slot, or until it makes sense to ask again."""
        self._let_lapse()
        if not self._left and time.monotonic() >= self._not_before:
            await self._ask()
            self._let_lapse()
        return max((self._next if self._left else self._not_before) - time.monotonic(), 0.0)

    def _let_lapse(self) -> None:
        """Slots whose time has passed are gone, and fewer are asked for the next time."""
        late = time.monotonic() - self._valid - self._next
        if self._left and late >= 0:
            gone = min(int(late / self.gap) + 1, self._left)
            self._left -= gone
            self._next += gone * self.gap
            self._wanted = max(self._wanted - gone, 1)
        if not self._left and self._spare is not None:
            (self._next, self._left), self._spare = self._spare, None
            self._let_lapse()

    async def _ask(self) -> None:
        """Take the next handful: twice as many as the last time when those were all used."""
        async with self._asking:
            if self._spare is not None:
                return
            wanted = min(max(self._wanted * 2 if not self._left else self._wanted, self._waiting), self._most)
            try:
                arguments = (str(self.gap * 1e6), str(wanted), str(FURTHEST * 1e6))
                answer = await cast(Any, self._redis.eval(TAKE, 1, self._key, *arguments))
            except (RedisError, OSError) as error:
                log.warning("no slots without Redis", fault=type(error).__name__)
                self._not_before = time.monotonic() + AFTER_FAULT
                return
            first, count = time.monotonic() + int(answer[0]) / 1e6, int(answer[1])
            if not count:
                self._not_before = max(first - FURTHEST, time.monotonic() + 0.005) if self.gap < SLOW_GAP else first
            elif self._left:
                self._spare, self._wanted = (first, count), wanted
            else:
                self._next, self._left, self._wanted = first, count, wanted
