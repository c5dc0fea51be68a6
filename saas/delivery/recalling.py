"""Asking platforms to take deliveries back: written down before the question, asked again while the answer is missing.

Whoever asked may be gone by then: workers ask again what stayed open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from saas.accounts.line import Lines
from saas.channels.channel import Route
from saas.channels.message import Message
from saas.channels.outcome import Receipt
from saas.channels.platform import Account
from saas.channels.registry import Installed, Registry
from saas.delivery import store
from saas.delivery.asking import as_delivery, outcome_of
from saas.delivery.taking_back import OUT, Answered, answered, closes_at, not_out, taken_back, window
from saas.kernel import clock, failpoints

HELD = timedelta(seconds=150)  # longer than any call: nobody else asks meanwhile
AT_ONCE = 8
ROWS = """SELECT e.*, d.route, d.message FROM deliveries e JOIN dispatches d ON d.id = e.dispatch_id"""
NOTE = """
  INSERT INTO recalls AS r (delivery_id, kind, member_id, tries, asked_at, again_at) VALUES (%s, %s, %s, 1, %s, %s)
  ON CONFLICT (delivery_id, tenant_id) DO UPDATE SET tries = r.tries + 1,
    asked_at = excluded.asked_at, again_at = excluded.again_at,
    outcome = CASE WHEN r.outcome IN ('asking', 'unknown') THEN 'unknown' ELSE 'asking' END
  WHERE r.outcome <> 'done'
    AND (r.asked_at IS NULL OR r.answered_at >= r.asked_at OR r.again_at IS NULL OR r.again_at <= excluded.asked_at)
  RETURNING tries, outcome = 'unknown' AS in_doubt"""
KEEP = """UPDATE recalls SET outcome = %s, reason = %s, again_at = %s, answered_at = %s WHERE delivery_id = %s"""
DUE = "SELECT delivery_id, member_id FROM recalls WHERE again_at <= %s ORDER BY again_at LIMIT 100"

Row = Mapping[str, Any]


class Recalling:
    """The questions of one tenant."""

    def __init__(self, lines: Lines, registry: Registry, tenant: int) -> None:
        self._lines, self._registry, self._tenant = lines, registry, tenant
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """A worker's part: ask again what stayed open."""
        async with self._lines.pool.tenant(self._tenant) as connection:
            due = await (await connection.execute(DUE, (clock.now(),))).fetchall()
            ids = [row["delivery_id"] for row in due]
            rows = await (await connection.execute(f"{ROWS} WHERE e.id = ANY (%s)", (ids,))).fetchall() if ids else []
            accounts = await self._lines.accounts(connection, [row["account_id"] for row in rows]) if rows else {}
        members = {row["delivery_id"]: row["member_id"] for row in due}
        await asyncio.gather(*(self._again(row, accounts.get(row["account_id"]), members[row["id"]]) for row in rows))

    async def _again(self, row: Row, account: Account | None, member: int) -> None:
        found = self._registry.get(account.channel) if account else None
        kind = found.channel.kind(account.kind) if found and account else None
        route = next((r for r in kind.routes if r.name == row["route"]), None) if kind else None
        if account is None or found is None or route is None or route.recall.kind == "none":
            await self._keep(row["id"], Answered("refused"))
        elif row["state"] not in OUT:
            await self._keep(row["id"], not_out(row, clock.now()))
        else:
            await self.ask(row, account, found, route, member)

    async def ask(self, row: Row, account: Account, found: Installed, route: Route, member: int) -> Answered:
        """Ask for one delivery, once; what is known then stands in ``recalls`` and, when it worked, in the delivery."""
        seconds = window(route, found.hook.limits(account=account, route=route, now=clock.now()))
        closes, now = closes_at(row["accepted_at"], seconds), clock.now()
        noted = await self._note(row["id"], route.recall.kind, member, now)
        if noted is None:
            return Answered("later", "已经在要求撤回 / it is being asked for already")
        if closes and closes <= now:
            return await self._keep(row["id"], Answered("unknown" if noted["in_doubt"] else "refused", LATE))
        message, line = Message.from_json(row["message"]), self._lines.of(self._tenant, account)
        async with self._slots:
            call = found.hook.recall(account=account, delivery=as_delivery(row, route.name), message=message, platform=line)
            outcome = await outcome_of(call)
        failpoints.reach("after_recall_call")
        answer = answered(outcome, noted["tries"], noted["in_doubt"], closes, clock.now())
        if isinstance(outcome, Receipt):
            await self._done(row["id"], route, outcome)
        return await self._keep(row["id"], answer)

    async def _note(self, delivery: int, kind: str, member: int, now: datetime) -> Row | None:
        """Before the call, and committed: who dies in it leaves an open question. None: somebody is asking just now."""
        async with self._lines.pool.tenant(self._tenant) as connection:
            return await (await connection.execute(NOTE, (delivery, kind, member, now, now + HELD))).fetchone()

    async def _done(self, delivery: int, route: Route, receipt: Receipt) -> None:
        query = "SELECT * FROM deliveries WHERE id = %s AND state = ANY (%s) FOR UPDATE"
        async with self._lines.pool.tenant(self._tenant) as connection:
            current = await (await connection.execute(query, (delivery, list(OUT)))).fetchone()
            if current:
                await store.progress(connection, clock.now(), OUT, [taken_back(current, route, receipt.progress)])

    async def _keep(self, delivery: int, answer: Answered) -> Answered:
        async with self._lines.pool.tenant(self._tenant) as connection:
            await connection.execute(KEEP, (answer.outcome, answer.reason, answer.again, clock.now(), delivery))
        return answer


LATE = "已超过平台的撤回时限 / the platform's window has passed"
