"""An account's rate: the first call never waits, and no stretch of time holds more calls than the platform allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from saas.channels import Rate
from saas.delivery.pace import AFTER_FAULT, Pace

pytestmark = pytest.mark.usefixtures("environment")
FAST, SLOW = Rate(calls=100, seconds=1.0), Rate(calls=10, seconds=60.0)


@asynccontextmanager
async def paces(url: str, rate: Rate, workers: int, account: int) -> AsyncIterator[list[Pace]]:
    """The same account's pace in several workers, each with its own way to Redis."""
    lines = [Redis.from_url(url) for _ in range(workers)]
    try:
        yield [Pace(redis, account, rate) for redis in lines]
    finally:
        for redis in lines:
            await redis.aclose()


async def calls(pace: Pace, until: float, begun: list[float]) -> None:
    """A sender that calls as fast as it may."""
    while pace.take() or await pace.slot(until):
        begun.append(time.monotonic())
        await asyncio.sleep(0)


def busiest(begun: list[float], seconds: float) -> int:
    """The most calls that began within any stretch of so many seconds."""
    begun = sorted(begun)
    return max((sum(first <= other < first + seconds for other in begun) for first in begun), default=0)


@pytest.mark.parametrize("rate", [FAST, SLOW])
def test_the_first_call_goes_at_once(environment: dict[str, str], rate: Rate) -> None:
    async def first() -> float:
        async with paces(environment["REDIS_URL"], rate, 1, 101 + rate.calls) as (pace,):
            began = time.monotonic()
            assert await pace.slot(began + 5)
            return time.monotonic() - began

    assert asyncio.run(first()) < 1.0


def test_the_second_call_of_a_slow_account_is_not_waited_for_by_a_turn(environment: dict[str, str]) -> None:
    async def second() -> tuple[bool, float]:
        async with paces(environment["REDIS_URL"], SLOW, 2, 103) as (one, other):
            assert await one.opening() == 0.0
            assert one.take()
            began = time.monotonic()
            assert not await other.slot(began + 2)
            assert 4.0 < await one.opening() <= one.gap
            assert await other.opening(before=1) > 6.0
            return one.take(), time.monotonic() - began

    taken, waited = asyncio.run(second())
    assert not taken
    assert waited < 2.0


@pytest.mark.parametrize("workers", [1, 4])
def test_however_many_workers_call_no_second_holds_more_than_the_rate(environment: dict[str, str], workers: int) -> None:
    async def run() -> list[float]:
        begun: list[float] = []
        async with paces(environment["REDIS_URL"], FAST, workers, 104 + workers) as all_of_them:
            until = time.monotonic() + 2.2
            await asyncio.gather(*(calls(pace, until, begun) for pace in all_of_them for _ in range(8)))
        return begun

    begun = asyncio.run(run())
    assert busiest(begun, 1.0) <= FAST.calls
    assert len(begun) >= FAST.calls  # most of what is allowed is used


async def evals(pace: Pace) -> int:
    """How many scripts the server has run; a new server knows of none."""
    known = await pace._redis.info("commandstats")
    return int(known.get("cmdstat_eval", {}).get("calls", 0))


def test_a_very_fast_rate_costs_redis_a_question_now_and_then(environment: dict[str, str]) -> None:
    async def run() -> tuple[int, int]:
        async with paces(environment["REDIS_URL"], Rate(1_000_000, 1.0, 32), 1, 110) as (pace,):
            before = await evals(pace)
            begun: list[float] = []
            until = time.monotonic() + 30
            while len(begun) < 20_000:
                assert pace.take() or await pace.slot(until)
                begun.append(0.0)
                if len(begun) % 100 == 0:
                    await asyncio.sleep(0)
            return len(begun), await evals(pace) - before

    slots, questions = asyncio.run(run())
    assert questions < slots / 20  # far fewer on a machine with nothing else to do


def test_slots_not_used_in_their_time_are_not_saved_for_a_burst(environment: dict[str, str]) -> None:
    async def run() -> int:
        async with paces(environment["REDIS_URL"], FAST, 1, 111) as (pace,):
            for _ in range(12):
                assert await pace.slot(time.monotonic() + 5)
            await asyncio.sleep(1.5)
            return sum(pace.take() for _ in range(100))

    assert asyncio.run(run()) <= 1


def test_without_redis_nothing_begins_and_the_turn_goes_on(environment: dict[str, str]) -> None:
    async def run() -> tuple[bool, float]:
        pace = Pace(Redis.from_url("redis://127.0.0.1:1/0"), 112, FAST)
        began = time.monotonic()
        return await pace.slot(began + AFTER_FAULT / 2), time.monotonic() - began

    got, waited = asyncio.run(run())
    assert not got
    assert waited < AFTER_FAULT
