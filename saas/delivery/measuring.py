"""Fetching a message's statistics for as long as it lives: soon after the send, then hourly, then daily for 30 days."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from saas.channels.platform import Account
from saas.channels.registry import Installed
from saas.channels.turnstile import let_others_first
from saas.delivery import news
from saas.delivery.asking import as_delivery
from saas.delivery.host import Host
from saas.kernel import clock
from saas.kernel.pool import Connection

LIFE = timedelta(days=30)
HOLD = "interval '2 minutes'"
LEFT = """SELECT count(*) FILTER (WHERE kind = 'unfollow' AND at >= %(first)s AND at < %(first)s + interval '72 hours') AS n
  FROM inbox_entries WHERE account_id = %(account)s AND kind IN ('follow', 'unfollow') AND place = '' HAVING count(*) > 0"""
LEFT_LOOKED = timedelta(days=5)  # by then the 72 hours are over, and what people did is still kept
LONGEST = 110.0
log = structlog.get_logger()

Row = Mapping[str, Any]


def next_asking(age: timedelta) -> timedelta | None:
    """How long until the next question, by the age of the send; None when its life is over."""
    if age < timedelta(minutes=1):
        return timedelta(seconds=10)
    if age < timedelta(hours=1):
        return timedelta(minutes=10)
    if age < timedelta(days=3):
        return timedelta(hours=1)
    return timedelta(days=1) if age < LIFE else None


class Measuring:
    """One tenant's dispatches whose figures are due."""

    def __init__(self, host: Host, tenant: int) -> None:
        self._host, self._tenant = host, tenant

    async def run(self) -> None:
        """Ask for each dispatch, store what changed, note when to ask next."""
        let_others_first()
        query = f"""UPDATE dispatches d SET figures_at = now() + {HOLD} FROM (
            SELECT id FROM dispatches WHERE figures_at <= now() ORDER BY figures_at LIMIT 100 FOR UPDATE SKIP LOCKED) x
            WHERE d.id = x.id RETURNING d.id, d.account_id, d.route"""  # noqa: S608
        async with asyncio.timeout(LONGEST):
            await self._run(query)

    async def _run(self, query: str) -> None:
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            due = await (await connection.execute(query)).fetchall()
            accounts = await self._host.lines.accounts(connection, [row["account_id"] for row in due])
        await asyncio.gather(*(self._measure(row, accounts[row["account_id"]]) for row in due if row["account_id"] in accounts))

    async def _measure(self, dispatch: Row, account: Account) -> None:
        installed = self._host.registry.get(account.channel)
        query = "SELECT * FROM deliveries WHERE dispatch_id = %s AND receipt IS NOT NULL AND accepted_at IS NOT NULL"
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            rows = await (await connection.execute(query, (dispatch["id"],))).fetchall()
        sums: dict[str, int] = defaultdict(int)
        for row in rows if installed and installed.hook.figures else ():
            for name, value in (await self._ask(row, dispatch, account, installed)).items():
                sums[name] += int(value)
        first = min((row["accepted_at"] for row in rows), default=None)
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await news.figures(connection, dispatch["id"], sums, "statistics")
            if first and clock.now() - first < LEFT_LOOKED:
                await _note_left(connection, dispatch, first)
            await connection.execute("UPDATE dispatches SET figures_at = %s WHERE id = %s", (_next(first), dispatch["id"]))

    async def _ask(self, row: Row, dispatch: Row, account: Account, installed: Installed | None) -> Mapping[str, Any]:
        line = self._host.lines.of(self._tenant, account)
        delivery = as_delivery(row, dispatch["route"])
        try:
            async with asyncio.timeout(30):
                hook: Any = installed.hook.figures if installed else None
                return await hook(account=account, delivery=delivery, day=clock.now(), platform=line) or {}
        except Exception as error:
            log.info("no figures", dispatch=dispatch["id"], fault=type(error).__name__)
            return {}


async def _note_left(connection: Connection, dispatch: Row, first: datetime) -> None:
    """How many pushed that they left since; nothing where the account's platform has never told of anybody coming or going."""
    told = await (await connection.execute(LEFT, {"first": first, "account": dispatch["account_id"]})).fetchone()
    if told:
        await news.figures(connection, dispatch["id"], {"left_72h": told["n"]}, "callback")


def _next(first: datetime | None) -> datetime | None:
    gap = next_asking(clock.now() - first) if first else None
    return clock.now() + gap if gap else None
