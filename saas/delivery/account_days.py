"""What an account gained, lost and was told, as its platform publishes it the next morning: asked for day by day, and again for
the days before, because platforms revise; what was missed is filled in as far back as the platform tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from saas.channels.platform import Account
from saas.channels.turnstile import let_others_first
from saas.delivery.host import Host
from saas.kernel import clock
from saas.kernel.pool import Connection

FILLED, REVISED = 30, 3
"""Days that are filled in at first, and that are asked again each morning."""
NAMES = ("gained", "lost", "replies", "followers")
PATIENCE, AGAIN = 60.0, timedelta(hours=1)
AT_ONCE = 8
HOLD = "interval '5 minutes'"
DUE = f"""
  UPDATE account_statistics s SET asks_at = now() + {HOLD} FROM (
    SELECT account_id FROM account_statistics WHERE asks_at <= now() ORDER BY asks_at LIMIT 50 FOR UPDATE SKIP LOCKED) x
  WHERE s.account_id = x.account_id RETURNING s.account_id, s.known_until"""  # noqa: S608 - a constant
TOLD = """
  INSERT INTO account_days AS d (account_id, day, name, source, value) VALUES (%s, %s, %s, %s, %s)
  ON CONFLICT (account_id, day, name, source) DO UPDATE SET value = excluded.value, as_of = now()
    WHERE d.value <> excluded.value"""
NEXT = """
  UPDATE account_statistics s SET known_until = greatest(s.known_until, %(until)s), fault = %(fault)s,
    asks_at = CASE WHEN %(soon)s THEN now() + %(again)s ELSE next_morning(a.zone, a.id, now()) END
  FROM accounts a WHERE a.id = s.account_id AND s.account_id = %(account)s"""
NEVER = "UPDATE account_statistics SET asks_at = NULL WHERE account_id = %s"
log = structlog.get_logger()

Days = Mapping[date, Mapping[str, int]]


def span(known_until: date | None, yesterday: date) -> tuple[date, date]:
    """First and last day to ask for: all since the last known and a few before it; at first as many as are filled in."""
    first = yesterday - timedelta(days=FILLED - 1)
    return (max(first, min(known_until, yesterday) - timedelta(days=REVISED - 1)) if known_until else first), yesterday


async def keep(connection: Connection, account: int, days: Days, source: str) -> None:
    """Keep what is known of an account's days; a value that changed leaves the old one as a revision."""
    rows = [(account, day, name, source, int(told[name])) for day, told in days.items() for name in NAMES if name in told]
    async with connection.cursor() as cursor:
        await cursor.executemany(TOLD, rows)


class AccountDays:
    """One tenant's accounts whose days are due."""

    def __init__(self, host: Host, tenant: int) -> None:
        self._host, self._tenant = host, tenant
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Ask for each account, keep what was told, note when to ask next."""
        let_others_first()
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            due = await (await connection.execute(DUE)).fetchall()
            accounts = await self._host.lines.accounts(connection, [row["account_id"] for row in due]) if due else {}
        await asyncio.gather(*(self._one(row, accounts.get(row["account_id"])) for row in due))

    async def _one(self, row: Mapping[str, Any], account: Account | None) -> None:
        found = self._host.registry.get(account.channel) if account else None
        if account is None or found is None or not found.hook.account_figures:
            async with self._host.lines.pool.tenant(self._tenant) as connection:
                if account is not None:
                    await connection.execute(NEVER, (row["account_id"],))
                else:  # not connected yet: tomorrow it may be
                    await self._note(connection, row["account_id"], None, "", soon=False)
            return
        now = clock.now().astimezone(ZoneInfo(account.zone))
        first, last = span(row["known_until"], now.date() - timedelta(days=1))
        told, fault = await self._ask(account, found.hook.account_figures, first, last)
        inside = {day: values for day, values in told.items() if first <= day <= last}
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await keep(connection, row["account_id"], inside, "statistics")
            late = last not in inside and now.hour < 20
            await self._note(connection, row["account_id"], max(inside, default=None), fault, soon=late)

    async def _ask(self, account: Account, hook: Any, first: date, last: date) -> tuple[Days, str]:
        line = self._host.lines.of(self._tenant, account)
        try:
            async with self._slots, asyncio.timeout(PATIENCE):
                return await hook(account=account, first=first, last=last, platform=line) or {}, ""
        except Exception as error:  # a channel's own code, or its platform: figures are never worth a turn
            log.info("no figures of the account", account=account.key, fault=type(error).__name__)
            return {}, f"{type(error).__name__}: {error}"[:200]

    async def _note(self, connection: Connection, account: int, until: date | None, fault: str, soon: bool) -> None:
        values = {"account": account, "until": until, "fault": fault, "soon": soon, "again": AGAIN}
        await connection.execute(NEXT, values)
