"""Engines on a real database, against a platform of the test's own, all on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from redis.asyncio import Redis

from saas.accounts.line import Lines
from saas.channels.http import Http
from saas.channels.registry import Registry
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House
from tests.delivery.steps import NOW
from tests.delivery.trial import TrialChannel, TrialPlatform

T = TypeVar("T")


@dataclass
class Worker:
    """What one worker process has: pool, lines, leases, an engine."""

    engine: Engine
    host: Host
    lines: Lines
    closers: list[Callable[[], Awaitable[Any]]] = field(default_factory=list)


@dataclass
class Stage:
    """The agency, the platform, and a loop to run workers on."""

    house: House
    platform: TrialPlatform
    runner: asyncio.Runner
    registry: Registry
    workers: list[Worker] = field(default_factory=list)

    def run(self, work: Awaitable[T]) -> T:
        """Run on the loop and wait."""

        async def wait() -> T:
            return await work

        return self.runner.run(wait())

    def worker(self, connections: int = 4, lines: int = 64) -> Worker:
        """A worker more, with so many connections to the database and so many calls at once."""
        return self.run(self._open(connections, lines))

    async def _open(self, connections: int, lines_at_once: int) -> Worker:
        pool = Pool(settings().database_url, connections)
        await pool.open()
        redis, http = Redis.from_url(settings().redis_url), Http(lines_at_once, timeout=20.0)
        lines = Lines(pool, redis, Sealer(settings().encryption_keys), http)
        host = Host(lines, self.registry)
        host.start()
        worker = Worker(Engine(host), host, lines, [host.stop, http.close, redis.aclose, pool.close])
        self.workers.append(worker)
        return worker

    def ready(self, rows: int, kind: str = "blind", lateness: timedelta = timedelta(hours=2), **settings_of: Any) -> int:
        """A released dispatch of ``rows`` recipients on a new account of that kind."""
        repeat = {"keyed": ("key", 3600), "looked": ("lookup", 60), "blind": ("none", 0)}[kind]
        campaign = self.house.campaign(lateness=lateness)
        account = self.house.account(f"a{campaign}", kind=kind, address=self.platform.address, **settings_of)
        return self.house.dispatch(campaign, account, rows=rows, repeat=repeat)

    def turns(
        self, *workers: Worker, until: str = "NOT EXISTS (SELECT 1 FROM dispatches WHERE open_rows > 0)", most: int = 40
    ) -> None:
        """Let workers take turns until a condition holds."""
        for _ in range(most):
            self.run(_together(*(worker.engine.turn(self.house.tenant) for worker in workers or self.workers)))
            if self.house.one("SELECT coalesce(sum(open_rows), 0) FROM dispatches") == 0:
                return
            self.run(asyncio.sleep(0.1))
        raise AssertionError(self.house.rows("SELECT state, code, reason, count(*) FROM deliveries GROUP BY 1, 2, 3"))

    def states(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        return {row["state"]: row["n"] for row in self.house.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY 1")}

    def wake(self) -> None:
        """As the scheduler would, later: whatever waited is due now."""
        self.house.run("UPDATE deliveries SET due_at = 'epoch' WHERE state = 'due'")
        self.house.run("UPDATE deliveries SET poll_at = now() WHERE poll_at IS NOT NULL")
        self.house.run("UPDATE dispatches SET wake_at = now() WHERE open_rows > 0")


async def _together(*work: Awaitable[Any]) -> None:
    await asyncio.gather(*work)


async def _give_up(worker: Worker) -> None:
    """What a turn left on its way ends before its lines are closed: a cancelled part would open them again."""
    parts = list(worker.engine._parts.values())
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    registry = Registry()
    registry.register("trial", TrialChannel(), "qunfa-trial")
    registry.freeze()
    with asyncio.Runner() as runner:
        platform = TrialPlatform()
        runner.run(platform.start())
        stage = Stage(house, platform, runner, registry)
        yield stage
        for worker in stage.workers:
            stage.run(_give_up(worker))
            for close in worker.closers:
                stage.run(close())
        runner.run(platform.stop())


@pytest.fixture
def ready(house: House) -> Callable[..., int]:
    """A released dispatch on an account of its own."""

    def make(rows: int, people: int = 1, repeat: tuple[str, int] = ("none", 0), account: int = 0) -> int:
        campaign = house.campaign(due=f"timestamptz '{NOW.isoformat()}'")
        return house.dispatch(campaign, account or house.account(f"a{campaign}"), rows=rows, people=people, repeat=repeat)

    return make
