"""A worker's eye on what people stop: two times a second it asks the database which of its dispatches must not go on.

An answer is good for a second and a half. Without a newer one no call begins: senders wait for a word. So a call never begins
later than that after a stop was committed, whatever becomes of the line to the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import structlog

from saas.delivery import store
from saas.kernel.pool import Connection, Pool

LOOK = 0.5
TRUST = 1.5
PATIENCE = 5.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Halted:
    """Why a sender stops: a person has stopped the account, or what it belongs to, or the campaign."""


@dataclass(eq=False, slots=True)
class Watched:
    """A dispatch that is being sent, and how its sender is told to call nobody any more."""

    tenant: int
    dispatch: int
    halt: Callable[[], None]


class Watch:
    """One a worker. ``begin`` before anything is claimed, ``end`` when all is written."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._watched: set[Watched] = set()
        self._steady = self._wall = 0.0
        self._answered = asyncio.Event()

    def begin(self, tenant: int, dispatch: int, halt: Callable[[], None]) -> Watched:
        """Watch over a dispatch. What is claimed from now on was not stopped before: the claim itself has asked."""
        if not self._watched:
            self._trust(time.monotonic(), time.time())
        watched = Watched(tenant, dispatch, halt)
        self._watched.add(watched)
        return watched

    def end(self, watched: Watched) -> None:
        """It is over."""
        self._watched.discard(watched)

    def fresh(self) -> bool:
        """Whether a call may begin on what is known. By the clock no step turns back, and by the one that goes on in sleep."""
        return time.monotonic() < self._steady and time.time() < self._wall

    async def word(self) -> None:
        """Wait for the next answer, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._answered.wait()

    async def keep(self) -> None:
        """Ask until cancelled; over a connection of its own, which no crowd of senders can hold up."""
        while True:
            try:
                async with self._pool.alone() as connection:
                    await self._ask_on(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self._watched:
                    log.warning("no word of stops", fault=type(error).__name__)
                await asyncio.sleep(LOOK)

    async def _ask_on(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(LOOK)
            async with asyncio.timeout(PATIENCE):
                await self._ask(connection)

    async def _ask(self, connection: Connection) -> None:
        steady, wall, watched = time.monotonic(), time.time(), list(self._watched)
        for tenant in {one.tenant for one in watched}:
            async with self._pool.within(connection, tenant):
                over = await store.halted(connection, [one.dispatch for one in watched if one.tenant == tenant])
            for one in watched:
                if one.tenant == tenant and one.dispatch in over:
                    one.halt()
        self._trust(steady, wall)

    def _trust(self, steady: float, wall: float) -> None:
        self._steady, self._wall = steady + TRUST, wall + TRUST
        self._answered.set()
        self._answered = asyncio.Event()
