"""The engine: one tenant's turn. What came in is applied, lost leases are taken back, what is due is sent, platforms are asked.

A turn is bounded in seconds, so that a big tenant cannot starve a small one; what is left waits for the next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from saas.channels.platform import Account
from saas.delivery import store
from saas.delivery.host import Host
from saas.delivery.inbox import apply_inbox
from saas.delivery.measuring import Measuring
from saas.delivery.polling import Polling
from saas.delivery.sending import Sending
from saas.kernel import clock, failpoints

TURN_SECONDS = 2.0
DISPATCHES_AT_ONCE = 64
log = structlog.get_logger()

Row = Mapping[str, Any]


class Engine:
    """Takes turns for tenants. One a worker, living as long as it."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def turn(self, tenant: int, seconds: float = TURN_SECONDS) -> bool:
        """One turn; whether there is more to do at once."""
        until = asyncio.get_running_loop().time() + seconds
        failpoints.reach("turn_begins")
        await apply_inbox(self._host.lines.pool, tenant)
        async with self._host.lines.pool.tenant(tenant) as connection:
            await store.expire(connection, clock.now())
            failpoints.reach("in_expire")
            due = [row for row in await store.due_dispatches(connection, clock.now()) if not await self._ended(connection, row)]
        slots = asyncio.Semaphore(DISPATCHES_AT_ONCE)
        results = await asyncio.gather(
            Polling(self._host, tenant).run(),
            Measuring(self._host, tenant).run(),
            *(self._dispatch(tenant, row, until, slots) for row in due),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                log.error("part of a turn failed", tenant=tenant, exc_info=result)
        await apply_inbox(self._host.lines.pool, tenant)
        failpoints.reach("turn_ends")
        return any(result is True for result in results)

    async def _ended(self, connection: Any, row: Row) -> bool:
        """Whether the dispatch is over before its time: cancelled, or too late."""
        now = clock.now()
        if row["campaign_state"] != "released" or row["stopped_at"]:
            await store.close_due(connection, row["id"], "cancelled", "cancelled", "")
        elif now >= row["deadline"]:
            await store.close_due(connection, row["id"], "missed", "missed", "")
        else:
            return False
        await store.rest(connection, row["id"], now)
        return True

    async def _dispatch(self, tenant: int, row: Row, until: float, slots: asyncio.Semaphore) -> bool:
        async with slots:
            account = await self._account(tenant, row)
            if account is None:
                await self._cannot(tenant, row, "credentials", "the stored credentials cannot be opened")
                return False
            installed = self._host.registry.get(account.channel)
            kind = installed.channel.kind(account.kind) if installed else None
            route = next((r for r in kind.routes if r.name == row["route"]), None) if kind else None
            if installed is None or route is None:
                await self._cannot(tenant, row, "no_channel", "the channel is not installed")
                return False
            sending = Sending(self._host, tenant, row, account, installed, route)
            await sending.run(until)
            return sending.more

    async def _account(self, tenant: int, row: Row) -> Account | None:
        async with self._host.lines.pool.tenant(tenant) as connection:
            return (await self._host.lines.accounts(connection, [row["account_id"]])).get(row["account_id"])

    async def _cannot(self, tenant: int, row: Row, code: str, reason: str) -> None:
        async with self._host.lines.pool.tenant(tenant) as connection:
            if code == "credentials":
                await store.trouble(connection, row["account_id"], code, "", reason)
            await store.close_due(connection, row["id"], "skipped", code, reason)
            await store.rest(connection, row["id"], clock.now())
