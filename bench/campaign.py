"""P1: a template campaign with everything on, as a share of the bare client loop.

One campaign, sent in the engine's own turns; before each turn the bare loop posts as many. Everything on: row-level security
under the application's role, quota reserved with the claim, lease and fence, heartbeat, receipts, ledger, roll-ups, fsync.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop
from redis.asyncio import Redis

from bench.bare import Bare
from bench.channel import registry
from bench.endpoint import Endpoint
from bench.row import Row, Segment, Size, Stopwatch, cost, share
from bench.stage import TENANT, Stage, stage
from saas.accounts.line import Lines
from saas.channels.http import Http
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.jobs import CONNECTIONS, DATABASE_CONNECTIONS
from saas.kernel.garbage import collector
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer

GOAL = 0.90
FAST_AT_ONCE, SLOW_AT_ONCE = 32, 256
LATENCY = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring segments of the product and of the bare loop."""

    product: list[Segment]
    bare: list[Segment]

    @property
    def share(self) -> float:
        """The product's rate in the bare loop's."""
        return share(self.product, self.bare)


def run(size: Size) -> list[Row]:
    """Both endpoints, one after the other, on the same servers."""
    with stage() as place:
        place.agency("")
        fast = measure(place, size.recipients, size.turn_seconds, FAST_AT_ONCE, 0.0)
        slow = measure(place, size.latency_recipients, size.turn_seconds, SLOW_AT_ONCE, LATENCY)
    return [
        _row("P1", f"template campaign, fast endpoint, {FAST_AT_ONCE} at once", fast),
        _row("P1-50ms", f"template campaign, 50 ms endpoint, {SLOW_AT_ONCE} at once", slow),
    ]


def measure(place: Stage, recipients: int, turn_seconds: float, at_once: int, latency: float) -> Run:
    """Send one campaign in turns, with a bare segment before each."""
    with Endpoint(latency) as endpoint:
        dispatch = place.campaign(recipients, endpoint.url)
        place.wake(dispatch)
        return uvloop.run(_alternate(place, dispatch, endpoint.url, turn_seconds, at_once))


async def _alternate(place: Stage, dispatch: int, url: str, turn_seconds: float, at_once: int) -> Run:
    done = Run([], [])
    _, left = place.totals(dispatch)
    async with working_engine(place, at_once) as engine, Bare(url, at_once) as bare:
        await bare.run(at_once)
        count = min(left, int(turn_seconds * 3000))
        while left:
            before = await bare.run(count)
            watch = Stopwatch()
            await engine.turn(TENANT, turn_seconds)
            _, open_rows = place.totals(dispatch)
            count, left = left - open_rows, open_rows
            if count:
                done.product.append(watch.stop(count))
                done.bare.append(before)
    return done


@asynccontextmanager
async def working_engine(place: Stage, at_once: int) -> AsyncIterator[Engine]:
    """The engine as a worker has it, with the bench's channel."""
    pool, redis, http = Pool(place.database_url, DATABASE_CONNECTIONS), Redis.from_url(place.redis_url), Http(CONNECTIONS)
    await pool.open()
    host = Host(Lines(pool, redis, Sealer(["bench" * 10]), http), registry(at_once))
    host.start()
    collector.take_over()
    try:
        yield Engine(host)
    finally:
        await host.stop()
        await http.close()
        await redis.aclose()
        await pool.close()


def _row(name: str, title: str, run: Run) -> Row:
    detail = f"CPU of the worker {cost(run.product):.0f} µs a delivery, of the bare loop {cost(run.bare):.0f}"
    return Row(
        name, title, run.share, GOAL, "of the bare loop", "aiohttp+uvloop loop, same bodies, same number at once", detail=detail
    )
