"""What a worker holds for its whole life: lines to platforms, channels, its name, its leases."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
import socket
import time
from contextvars import ContextVar
from datetime import timedelta

from saas.accounts.line import Lines
from saas.channels.registry import Registry
from saas.channels.rules import Rate
from saas.delivery import store
from saas.delivery.pace import Pace
from saas.delivery.watch import Watch
from saas.kernel import clock

LEASE = timedelta(seconds=30)
HEARTBEAT = 5.0
CALL_MARGIN = 10.0  # no call begins with less than this left of its lease
SAFE_SECONDS = LEASE.total_seconds() - CALL_MARGIN
MOST_PACES = 10_000

Moment = tuple[float, float]
_under: ContextVar[int] = ContextVar("lease", default=0)  # what this task calls under, with the tasks that it begins


def moment() -> Moment:
    """Now, by the steady clock and by the wall clock."""
    return time.monotonic(), time.time()


class Leases:
    """The leases this worker holds, kept alive by a heartbeat. Nothing is sent under one whose time is nearly up."""

    def __init__(self) -> None:
        self._until: dict[int, tuple[int, float, float, float]] = {}

    def hold(self, tenant: int, lease: int, asked: Moment, ends: float = math.inf) -> None:
        """A lease that was asked for then: it runs from the question, however long the answer took. ``ends``: when the first of
        the quota windows does in which it reserved (Unix time); what is called later would count in another."""
        steady, wall = asked
        self._until[lease] = (tenant, steady + SAFE_SECONDS, wall + SAFE_SECONDS, ends)

    def renew(self, tenant: int, lease: int, asked: Moment) -> None:
        """The same for one that is held; one dropped meanwhile stays dropped, or nobody would ever take it back."""
        if held := self._until.get(lease):
            self.hold(tenant, lease, asked, held[3])

    def drop(self, lease: int) -> None:
        """Its results are written."""
        self._until.pop(lease, None)

    def may_call(self, lease: int) -> bool:
        """Whether a call may begin under it now. By the steady clock, which no step turns back, and by the wall clock,
        which goes on while the machine sleeps and by which others take leases away."""
        held = self._until.get(lease)
        return held is not None and time.monotonic() < held[1] and time.time() < held[2] and clock.unix() < held[3]

    def call_under(self, lease: int) -> None:
        """What this task does from here on it does under this lease."""
        _under.set(lease)

    def may_go_on(self) -> bool:
        """Whether a call of several steps may make the next: between two a machine can sleep until others have the lease."""
        return not (lease := _under.get()) or self.may_call(lease)

    def by_tenant(self) -> dict[int, list[int]]:
        """All leases held, by tenant."""
        groups: dict[int, list[int]] = {}
        for lease, (tenant, *_) in self._until.items():
            groups.setdefault(tenant, []).append(lease)
        return groups


class Host:
    """A worker's belongings. ``name`` tells processes apart in leases and logs."""

    def __init__(self, lines: Lines, registry: Registry) -> None:
        self.lines, self.registry = lines, registry
        self.leases, self.watch = Leases(), Watch(lines.pool)
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._paces: dict[tuple[int, int, float], Pace] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin the heartbeat and the watch over stops; inside the event loop."""
        self._tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self.watch.keep())]

    async def stop(self) -> None:
        """End both."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def pace(self, account: int, rate: Rate) -> Pace:
        """The pace of an account; its routes share what the platform counts together."""
        if len(self._paces) >= MOST_PACES:
            self._paces.clear()  # each begins anew at the shared timeline
        key = (account, rate.calls, rate.seconds)
        return self._paces.get(key) or self._paces.setdefault(key, Pace(self.lines.redis, account, rate))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            for tenant, leases in self.leases.by_tenant().items():
                try:
                    await self._renew(tenant, leases)
                except Exception:  # noqa: S112 - no word from the database: the leases run out by themselves
                    continue

    async def _renew(self, tenant: int, leases: list[int]) -> None:
        asked, until = moment(), clock.now() + LEASE
        async with self.lines.pool.tenant(tenant) as connection:
            kept = await store.heartbeat(connection, leases, until)
        for lease in leases:
            if lease in kept:
                self.leases.renew(tenant, lease, asked)
            else:
                self.leases.drop(lease)
