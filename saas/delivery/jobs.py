"""What a worker runs: one tenant's turn, on an event loop that lives as long as the worker.

rq's job is only an alarm clock. The loop, the HTTP session and the database pool outlive it.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

import uvloop
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.channels.http import Http
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.ring import wake
from saas.kernel import failpoints
from saas.kernel.pool import Pool
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings

CONNECTIONS = 256
DATABASE_CONNECTIONS = 12
YOUNG_OBJECTS = 20_000
T = TypeVar("T")


def spare_the_collector() -> None:
    """What was loaded lives as long as the worker and is not looked through again, nor is a chunk's worth of rows."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


class Loop:
    """The worker's event loop, in a thread of its own, with all that lives on it."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()
        self.wakes = SyncRedis.from_url(settings().redis_url)
        self.engine = self.run(self._open())
        spare_the_collector()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Finish what runs, close everything."""
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    async def _open(self) -> Engine:
        self._pool = Pool(settings().database_url, DATABASE_CONNECTIONS)
        await self._pool.open()
        self._redis, self._http = Redis.from_url(settings().redis_url), Http(CONNECTIONS)
        lines = Lines(self._pool, self._redis, sealer_with(settings().encryption_keys), self._http)
        self._host = Host(lines, registry())
        self._host.start()
        return Engine(self._host)

    async def _close(self) -> None:
        await self.engine.close()
        await self._host.stop()
        await self._http.close()
        await self._redis.aclose()
        await self._pool.close()


@cache
def loop() -> Loop:
    """The one loop of this process."""
    return Loop()


def turn(tenant: int) -> None:
    """One tenant's turn; if there is more to do, the tenant asks for another at the end of the ring."""
    here = loop()
    if here.run(here.engine.turn(tenant)):
        failpoints.reach("before_again")
        wake(here.wakes, [tenant])
