"""What a worker runs: one tenant's turn, on an event loop that lives as long as the worker.

rq's job is only an alarm clock. The loop, the HTTP session and the database pool outlive it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import psycopg
import structlog
import uvloop
from redis.exceptions import RedisError

from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.accounts.reach import Reach
from saas.channels.http import Http
from saas.delivery import alive
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.inbound.answering import Answering
from saas.delivery.ring import wake
from saas.kernel import clock, failpoints
from saas.kernel.garbage import collector
from saas.kernel.pool import Pool
from saas.kernel.redis_server import connect, connect_on_loop
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings

CONNECTIONS = 256
DATABASE_CONNECTIONS = 12
T = TypeVar("T")
log = structlog.get_logger()


class Loop:
    """The worker's event loop, in a thread of its own, with all that lives on it."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._answers: dict[int, asyncio.Task[None]] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()
        self.wakes = connect(settings().redis_url)
        self.engine = self.run(self._open())
        collector.take_over()

    @property
    def watched(self) -> tuple[asyncio.AbstractEventLoop, int]:
        """The loop and the thread it runs in, for who looks whether it still goes round."""
        assert self._thread.ident is not None
        return self._loop, self._thread.ident

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def answer(self, tenant: int) -> None:
        """Begin the tenant's answers to people, beside its turn; one round at a time."""
        self._loop.call_soon_threadsafe(self._begin_answers, tenant)

    def _begin_answers(self, tenant: int) -> None:
        if tenant in self._answers:
            return
        task = self._answers[tenant] = self._loop.create_task(self._give_answers(tenant))
        task.add_done_callback(lambda _: self._answers.pop(tenant))

    async def _give_answers(self, tenant: int) -> None:
        try:
            await Answering(self._host, tenant).run()
        except Exception:
            log.exception("answers failed", tenant=tenant)

    def close(self) -> None:
        """Finish what runs, close everything."""
        self.run(self._leave())
        with suppress(RedisError, OSError):
            alive.leave(self.wakes, "worker", self._host.name)
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    async def _open(self) -> Engine:
        self._pool = Pool(settings().database_url, DATABASE_CONNECTIONS)
        await self._pool.open()
        self._redis = connect_on_loop(settings().redis_url)
        self._http = Http(CONNECTIONS, connector=Reach.of(settings()).connector)
        lines = Lines(self._pool, self._redis, sealer_with(settings().encryption_keys), self._http)
        self._host = Host(lines, registry())
        self._host.start()
        self._attending = asyncio.create_task(self._attend())
        return Engine(self._host, self._ask_again)

    def _ask_again(self, tenant: int) -> None:
        """On the loop: ring without holding it up."""
        self._ringing = self._loop.run_in_executor(None, self._wake, tenant)

    def _wake(self, tenant: int) -> None:
        with suppress(RedisError, OSError):
            wake(self.wakes, [tenant])

    async def _attend(self) -> None:
        """Every few seconds: say that this worker lives, look at the database's clock."""
        while True:
            with suppress(RedisError, OSError):
                await alive.say_on_loop(self._redis, "worker", self._host.name)
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(alive.EVERY):
                    await self.follow_clock()
            await asyncio.sleep(alive.EVERY)

    async def follow_clock(self) -> None:
        """Take the database's time for ours."""
        async with self._pool.before_tenant() as connection:
            asked = clock.steady()
            row = await (await connection.execute("SELECT clock_timestamp() AS now")).fetchone()
        clock.follow(row["now"] if row else clock.now(), asked)

    async def _leave(self) -> None:
        """Say no more that this worker lives: one more word after the last would be believed for a while."""
        self._attending.cancel()
        await asyncio.gather(self._attending, return_exceptions=True)

    async def _close(self) -> None:
        await self.engine.close()
        await asyncio.gather(*self._answers.values())
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
    if not clock.followed():
        here.run(here.follow_clock())
    here.answer(tenant)
    if here.run(here.engine.turn(tenant)):
        failpoints.reach("before_again")
        wake(here.wakes, [tenant], more=True)
