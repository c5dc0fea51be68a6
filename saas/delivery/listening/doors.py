"""Servers that dial out to us: a WebSocket at the account's own address, welcomed by its channel, and heard as any other line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import psycopg
import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from saas.accounts import credentials
from saas.channels.listening import Listening
from saas.channels.platform import Account
from saas.channels.registry import Installed
from saas.delivery.listening.ear import LARGEST, LOST, PING, RISK, Ear
from saas.delivery.listening.rounds import Rounds
from saas.kernel.sealing import CannotOpen

HERE = f"""SELECT {credentials.COLUMNS} FROM accounts a WHERE id = %s
  AND NOT EXISTS (SELECT 1 FROM channel_switches w WHERE w.channel = a.channel AND NOT w.is_on)"""  # noqa: S608 - constants
NOWHERE = Listening("")
log = structlog.get_logger()


@dataclass(slots=True)
class Doors:
    """The way in of one process. ``lost``: after so many seconds without a promised heartbeat the account is stopped."""

    rounds: Rounds
    lost: float = LOST
    _watching: set[asyncio.Task[None]] = field(default_factory=set)

    def app(self) -> web.Application:
        """``/lines/REF``, with the last part of the account's push address."""
        app = web.Application()
        app.router.add_get("/lines/{ref}", self._come)
        return app

    async def close(self) -> None:
        """Watch no more."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    async def _come(self, request: web.Request) -> web.StreamResponse:
        known = await self._whose(request.match_info["ref"])
        if known is None:
            return web.Response(status=404)
        tenant, account, found = known
        headers = {name.lower(): value for name, value in request.headers.items()}
        if (
            not web.WebSocketResponse().can_prepare(request).ok
            or found.hook.welcome(account=account, headers=headers) is not True
        ):
            return web.Response(status=403)
        line = web.WebSocketResponse(heartbeat=PING, max_msg_size=LARGEST)
        await line.prepare(request)
        ear = Ear(tenant, account, found, NOWHERE, self.rounds.leases, self.rounds.store)
        await self._hear(ear, line)
        return line

    async def _whose(self, ref: str) -> tuple[int, Account, Installed] | None:
        async with self.rounds.pool.before_tenant() as connection:
            query = "SELECT tenant_id, account_id FROM whose_callback(%s)"
            row = await (await connection.execute(query, (ref,))).fetchone()
        if row is None:
            return None
        async with self.rounds.pool.tenant(row["tenant_id"]) as connection:
            told = await (await connection.execute(HERE, (row["account_id"],))).fetchone()
        found = self.rounds.registry.get(told["channel"]) if told else None
        if told is None or found is None or not found.hook.welcome:
            return None
        try:
            return row["tenant_id"], credentials.opened(self.rounds.sealer, told), found
        except CannotOpen:
            return None

    async def _hear(self, ear: Ear, line: web.WebSocketResponse) -> None:
        task = asyncio.current_task()
        assert task is not None
        fault = "closed"
        try:
            await self.rounds.seat(ear, task)
            fault = await ear.hear(line)
        except (psycopg.Error, SQLAlchemyError, TimeoutError, OSError) as error:
            fault = type(error).__name__
        finally:
            await asyncio.shield(self._gone(ear, fault))
            await line.close()

    async def _gone(self, ear: Ear, fault: str) -> None:
        """Whoever comes may listen at once; a heartbeat that does not come back is a sign of risk."""
        sign, ear.is_open = ear.sign(), False
        self.rounds.unseat(ear)
        log.info("line is down", account=ear.account.key, fault=fault)
        try:
            await self.rounds.leases.down(ear.tenant, ear.account.id, fault, sign)
            await self.rounds.leases.leave(ear.tenant, {ear.account.id: sign})
        except (psycopg.Error, TimeoutError) as error:
            log.warning("line is not noted", account=ear.account.key, fault=type(error).__name__)
        if ear.beat:
            task = asyncio.create_task(self._watch(ear))
            self._watching.add(task)
            task.add_done_callback(self._watching.discard)

    async def _watch(self, ear: Ear) -> None:
        await asyncio.sleep(self.lost + 0.05)
        try:
            await self.rounds.leases.silent(ear.tenant, ear.account.id, self.lost, RISK)
        except (psycopg.Error, TimeoutError) as error:
            log.warning("account is not stopped", account=ear.account.key, fault=type(error).__name__)
