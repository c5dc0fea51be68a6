"""STOP: how long after a stop was committed the last call began, with calls on their way and chunks of a thousand claimed.

Beside it the arm in which only claims look at the stop: what a worker has claimed by then goes on to the last row.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop
from redis.asyncio import Redis

from bench.channel import NAME, BenchChannel
from bench.endpoint import Endpoint
from bench.row import Row, Size
from bench.stage import TENANT, Stage, stage
from saas.accounts.line import Lines
from saas.channels import Account, Delivery, Message, Outcome, Platform, hookimpl
from saas.channels.http import Http
from saas.channels.registry import Registry
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.jobs import CONNECTIONS, DATABASE_CONNECTIONS
from saas.delivery.watch import Watch
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer

GOAL = 2.0
AT_ONCE, LATENCY = 32, 0.05
RUNS_A_ROUND = 6
RECIPIENTS = 3500
SECONDS = 20.0
STOP = "INSERT INTO stops (scope, reason, member_id) VALUES ('tenant', 'bench', 1)"
RESUME = "UPDATE stops SET lifted_at = now(), lifted_by = 1 WHERE lifted_at IS NULL"


class Noting(BenchChannel):
    """The bench's channel, with the moment at which each call begins."""

    def __init__(self) -> None:
        super().__init__(AT_ONCE)
        self.last = 0.0

    @hookimpl
    async def send(self, account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
        self.last = time.time()
        return await super().send(account, message, delivery, platform)


class Blind(Watch):
    """What a worker is without a watch: it calls as long as it has something."""

    def fresh(self) -> bool:
        """Always."""
        return True

    async def keep(self) -> None:
        """Never asks."""


def run(size: Size) -> list[Row]:
    """Both arms on the same servers, run by run."""
    chance = random.Random(20260320)
    ours, naive = [], []
    with stage() as place, Endpoint(LATENCY) as endpoint:
        place.agency(endpoint.url)
        for number in range(size.rounds * RUNS_A_ROUND):
            after = chance.uniform(0.3, 1.0)
            ours.append(uvloop.run(_stopped(place, endpoint.url, after, blind=False)))
            if number % RUNS_A_ROUND == 0:
                naive.append(uvloop.run(_stopped(place, endpoint.url, after, blind=True)))
    ours.sort()
    value = ours[min(int(len(ours) * 0.99), len(ours) - 1)]
    detail = f"{len(ours)} runs, median {ours[len(ours) // 2]:.2f} s; claims alone: median {sorted(naive)[len(naive) // 2]:.2f} s"
    title = f"seconds from a stop to the last call that begins, {AT_ONCE} in flight, p99"
    return [Row("STOP", title, value, GOAL, "s", "the stop is looked at when claiming, and nowhere else", "less", detail)]


async def _stopped(place: Stage, url: str, after: float, blind: bool) -> float:
    """One run: send, stop in the middle, and see when the last call began. The rest is cancelled."""
    channel = Noting()
    dispatch = place.campaign(RECIPIENTS, url)
    place.wake(dispatch)
    async with _worker(place, channel, blind) as engine:
        turn = asyncio.create_task(engine.turn(TENANT, SECONDS))
        await asyncio.sleep(after)
        stopped = await asyncio.get_running_loop().run_in_executor(None, _execute, place, STOP)
        await turn
    _execute(
        place, f"UPDATE campaigns SET state = 'cancelled' WHERE id = (SELECT campaign_id FROM dispatches WHERE id = {dispatch:d})"
    )
    _execute(place, f"SELECT close_due({dispatch:d}, 'cancelled', 'cancelled', '')")
    _execute(place, RESUME)
    return max(channel.last - stopped, 0.001)


def _execute(place: Stage, statement: str) -> float:
    """Run it; the moment right after its commit."""
    with place.tenant() as connection:
        connection.execute(statement.encode())
    return time.time()


@asynccontextmanager
async def _worker(place: Stage, channel: Noting, blind: bool) -> AsyncIterator[Engine]:
    channels = Registry()
    channels.register(NAME, channel)
    channels.freeze()
    pool, redis, http = Pool(place.database_url, DATABASE_CONNECTIONS), Redis.from_url(place.redis_url), Http(CONNECTIONS)
    await pool.open()
    host = Host(Lines(pool, redis, Sealer(["bench" * 10]), http), channels)
    if blind:
        host.watch = Blind(pool)
    host.start()
    try:
        yield Engine(host)
    finally:
        await host.stop()
        await http.close()
        await redis.aclose()
        await pool.close()
