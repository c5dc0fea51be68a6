"""What a worker does for answers that need a call: each is taken with its unit, said once, and never again.

Taken means committed: whoever dies in the call leaves an answer that counts as said and that nobody repeats.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, LiteralString

import structlog
from psycopg.types.json import Jsonb

from saas.channels.callback import Inbound
from saas.channels.channel import Replying, replying_route
from saas.channels.message import Message
from saas.channels.outcome import Exhausted, Outcome, Receipt, Unauthorized, Unknown
from saas.channels.platform import Account
from saas.channels.registry import Installed
from saas.delivery import store
from saas.delivery.asking import outcome_of
from saas.delivery.host import Host
from saas.delivery.inbound.arriving import caps_of_answering, record_of, subject_of
from saas.kernel import clock
from saas.kernel.sealing import CannotOpen

AT_ONCE = 16
LONGEST = 20.0  # no answer begins later than that after it was looked up
LOST: LiteralString = """SELECT settle_reply(r.id, now(), 'unknown', 'worker_lost', '') FROM replies r
  WHERE r.state = 'calling' AND r.asked_at < now() - interval '4 minutes'"""
"""Answers whose worker died in the call, which takes two minutes at most: they may have been said."""
DUE = """SELECT r.id, r.account_id, r.key, r.message, e.dedupe, e.kind, e.said, e.sealed,
    extract(epoch FROM r.until)::float AS until
  FROM replies r JOIN inbox_entries e ON e.id = r.entry_id WHERE r.state = 'due' ORDER BY r.until LIMIT 200"""
REFUSE = """UPDATE replies SET state = 'refused', answered_at = %s, code = %s WHERE id = %s AND state = 'due'"""
log = structlog.get_logger()

Row = Mapping[str, Any]


class Answering:
    """One tenant's answers that are due now."""

    def __init__(self, host: Host, tenant: int) -> None:
        self._host, self._tenant = host, tenant
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._until = time.monotonic() + LONGEST

    async def run(self) -> None:
        """Say what is due, many at once; what finds no slot of its account's pace stays due."""
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            rows = await (await connection.execute(DUE)).fetchall()
            accounts = await self._host.lines.accounts(connection, [row["account_id"] for row in rows]) if rows else {}
        await asyncio.gather(*(self._alone(row, accounts.get(row["account_id"])) for row in rows))

    async def _alone(self, row: Row, account: Account | None) -> None:
        """One answer that cannot be given does not take the others with it."""
        async with self._slots:
            try:
                await self._answer(row, account)
            except Exception as error:
                log.exception("answer cannot be given", reply=row["id"], fault=type(error).__name__)

    async def _answer(self, row: Row, account: Account | None) -> None:
        found = self._host.registry.get(account.channel) if account else None
        kind = found.channel.kind(account.kind) if found and account else None
        if account is None or found is None or kind is None or kind.replying is None or found.hook.reply is None:
            return await self._refuse(row, "no_channel")
        try:
            event = self._event(row)
        except CannotOpen:
            return await self._refuse(row, "sealed")
        limits = found.hook.limits(account=account, route=replying_route(kind.replying), now=clock.now())
        pace = self._host.pace(account.id, limits.rate)
        if not pace.take() and not await pace.slot(self._until):
            return
        if await self._taken(row, account, found, kind.replying, event):
            await self._said(row, account, found, event)

    def _event(self, row: Row) -> Inbound:
        """What is answered, as the channel read it."""
        kept: Any = self._host.lines.sealer.open(self._tenant, record_of(row["account_id"], row["dedupe"]), row["sealed"])
        return Inbound(row["dedupe"], kept["sender"], row["kind"], row["said"], row["until"], kept["context"])

    async def _taken(self, row: Row, account: Account, found: Installed, way: Replying, event: Inbound) -> bool:
        """Before the call, and committed. False: somebody else has it, or it must not be said."""
        caps = json.dumps(caps_of_answering(found, account, way, clock.now()))
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            query = "SELECT why FROM take_reply(%s, %s, %s, %s)"
            values = (row["id"], subject_of(account, event), caps, clock.now())
            taken = await (await connection.execute(query, values)).fetchone()
        return taken is not None and taken["why"] is None

    async def _said(self, row: Row, account: Account, found: Installed, event: Inbound) -> None:
        line = self._host.lines.of(self._tenant, account)
        call = found.hook.reply(
            account=account, event=event, message=Message.from_json(row["message"]), key=row["key"], platform=line
        )
        outcome = await outcome_of(call)
        await asyncio.shield(self._settle(row, account, outcome))

    async def _settle(self, row: Row, account: Account, outcome: Outcome) -> None:
        state = "done" if isinstance(outcome, Receipt) else "unknown" if isinstance(outcome, Unknown) else "refused"
        receipt = dict(outcome.ids) if isinstance(outcome, Receipt) else {}
        code, reason = str(getattr(outcome, "code", "")), _reason(outcome)
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            values = (row["id"], clock.now(), state, code, reason, Jsonb(receipt))
            await connection.execute("SELECT settle_reply(%s, %s, %s, %s, %s, %s)", values)
            if isinstance(outcome, Unauthorized):
                await store.trouble(connection, account.id, outcome.reason, outcome.code, outcome.detail)

    async def _refuse(self, row: Row, code: str) -> None:
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await connection.execute(REFUSE, (clock.now(), code, row["id"]))


def _reason(outcome: Outcome) -> str:
    if isinstance(outcome, Exhausted) and not outcome.reason:
        return "平台说次数已用完 / the platform says that they are used up"
    return str(getattr(outcome, "detail", "") or getattr(outcome, "reason", ""))[:500]
