"""The rounds of a process that listens: which accounts want to be heard, which of them nobody hears, which are still ours."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psycopg
import structlog

from saas.accounts import credentials
from saas.channels.listening import Listening
from saas.channels.platform import Account
from saas.channels.registry import Installed, Registry
from saas.delivery.listening.ear import Ear, Store
from saas.delivery.listening.leases import Leases
from saas.kernel.pool import Pool
from saas.kernel.sealing import CannotOpen, Sealer

EVERY = 5.0
SURE = 20.0
"""Without a word of the database for so long, somebody else may listen soon: we stop."""
WISHES = f"""SELECT {credentials.COLUMNS} FROM accounts a WHERE channel = ANY (%s) AND credentials IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM channel_switches w WHERE w.channel = a.channel AND NOT w.is_on)"""  # noqa: S608 - constants
Wanted = tuple[Account, Installed, Listening]
log = structlog.get_logger()


@dataclass(slots=True)
class Held:
    """An account we listen to; ``guest``: its server came to us."""

    ear: Ear
    task: asyncio.Task[Any]
    guest: bool = False


@dataclass(slots=True)
class Rounds:
    """One process's ears, by tenant and account."""

    pool: Pool
    registry: Registry
    sealer: Sealer
    leases: Leases
    session: aiohttp.ClientSession
    store: Store
    held: dict[int, dict[int, Held]] = field(default_factory=lambda: defaultdict(dict))
    _sure: dict[int, float] = field(default_factory=dict)

    async def go(self) -> None:
        """One round over every agency. What one agency's rows make impossible does not keep the others waiting."""
        channels = [one.channel.name for one in self.registry.all() if one.hook.listen]
        try:
            async with self.pool.before_tenant() as connection:
                tenants = [row["id"] for row in await (await connection.execute("SELECT id FROM all_tenants()")).fetchall()]
        except (psycopg.Error, TimeoutError):
            await self._doubt()
            raise
        for tenant in tenants if channels else ():
            try:
                await self._visit(tenant, channels)
            except (psycopg.Error, TimeoutError) as error:
                log.warning("agency is not heard", tenant=tenant, fault=type(error).__name__)
        await self._doubt()

    async def close(self) -> None:
        """Stop listening, in order: whoever comes may listen at once."""
        for tenant, held in self.held.items():
            signs = {account: one.ear.sign() for account, one in held.items()}
            await self._end(tenant, list(held))
            with contextlib.suppress(psycopg.Error, TimeoutError):
                await self.leases.leave(tenant, signs)

    async def seat(self, ear: Ear, task: asyncio.Task[Any]) -> None:
        """A server has come to us: whoever else of ours listened to its account leaves."""
        tenant, account = ear.tenant, ear.account.id
        if account in self.held[tenant]:
            await self._end(tenant, [account])
        ear.beat = await self.leases.seize(tenant, account)
        self.held[tenant][account] = Held(ear, task, guest=True)
        self._sure[tenant] = time.monotonic()

    def unseat(self, ear: Ear) -> None:
        """It is gone again, unless another has taken its place."""
        held = self.held[ear.tenant].get(ear.account.id)
        if held and held.ear is ear:
            del self.held[ear.tenant][ear.account.id]

    async def _visit(self, tenant: int, channels: list[str]) -> None:
        wanted = await self._wanted(tenant, channels)
        held = self.held[tenant]
        gone = [id for id, one in held.items() if one.task.done() or (not one.guest and _elsewhere(one, wanted.get(id)))]
        forgotten = [id for id in gone if id not in wanted and not held[id].guest]
        await self._end(tenant, gone)
        if forgotten:
            await self.leases.forget(tenant, forgotten)
        if held:
            ours = await self.leases.renew(tenant, {id: one.ear.sign() for id, one in held.items()})
            self._sure[tenant] = time.monotonic()
            await self._end(tenant, [id for id in held if id not in ours])
        if missing := [id for id in wanted if id not in held]:
            for id, beat in (await self.leases.claim(tenant, missing)).items():
                account, found, where = wanted[id]
                ear = Ear(tenant, account, found, where, self.leases, self.store, beat)
                held[id] = Held(ear, asyncio.create_task(ear.run(self.session)))
            self._sure[tenant] = time.monotonic()

    async def _wanted(self, tenant: int, channels: list[str]) -> dict[int, Wanted]:
        async with self.pool.tenant(tenant) as connection:
            rows = await (await connection.execute(WISHES, (channels,))).fetchall()
        wanted: dict[int, Wanted] = {}
        for row in rows:
            found = self.registry.get(row["channel"])
            with contextlib.suppress(CannotOpen):
                account = credentials.opened(self.sealer, row)
                if found and (where := _where(found, account)):
                    wanted[row["id"]] = account, found, where
        return wanted

    async def _doubt(self) -> None:
        """Leave what may not be ours any more."""
        now = time.monotonic()
        for tenant, held in self.held.items():
            if held and now - self._sure.get(tenant, now) > SURE:
                await self._end(tenant, list(held))

    async def _end(self, tenant: int, accounts: list[int]) -> None:
        tasks = [self.held[tenant].pop(account).task for account in accounts]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _elsewhere(one: Held, wanted: Wanted | None) -> bool:
    """Whether it is to be heard elsewhere now, or not at all."""
    return wanted is None or one.ear.where != wanted[2]


def _where(found: Installed, account: Account) -> Listening | None:
    try:
        where: Listening | None = found.hook.listen(account=account)
    except Exception as error:
        log.exception("channel failed", fault=type(error).__name__, account=account.key)
        return None
    return where


async def listen(rounds: Rounds, stopping: Callable[[float], bool]) -> None:
    """Go rounds until ``stopping`` (which waits so many seconds) says so; whatever goes wrong is logged, and tried again."""
    try:
        while True:
            try:
                await rounds.go()
            except (psycopg.Error, TimeoutError, OSError) as error:
                log.warning("listening waits", fault=type(error).__name__)
            except Exception:
                log.exception("listening stumbled")
            if await asyncio.to_thread(stopping, EVERY):
                return
    finally:
        await rounds.close()
