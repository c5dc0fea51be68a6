"""Reminding people who have not acted: the ledger first, then the platform, and never twice for one wish.

The unit is taken and the reminder written before the call, in a transaction of its own. Whoever dies after that has used
it: the next one counts it, and no one repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from saas.accounts.line import Lines
from saas.channels.channel import Route
from saas.channels.outcome import Outcome, Receipt, Unknown
from saas.channels.platform import Account
from saas.channels.registry import Installed, Registry
from saas.channels.rules import Reminders
from saas.delivery.asking import LONGEST_CALL, as_delivery, outcome_of
from saas.kernel import clock
from saas.kernel.pool import Connection

GAP = timedelta(seconds=60)
# The platform counts from when it was reached, somewhere in the call: a slot is free only after the latest such moment.
SPARE = timedelta(seconds=LONGEST_CALL + 60)
WHY: dict[str, tuple[str, str]] = {
    "not_there": ("没有这次投递", "there is no such delivery"),
    "not_waiting": ("它已经不在等人操作", "it does not wait for anybody any more"),
    "stopped": ("发送已被停止", "sending is stopped"),
    "just_reminded": ("刚刚已经提醒过", "they were reminded a moment ago"),
    "exhausted": ("提醒次数已用完", "the reminders are used up"),
    "done": ("这次提醒已经发过", "this reminder was sent already"),
    "no_reminder": ("平台没有提醒接口，请直接联系本人", "the platform has no way to remind: ask them yourself"),
}
ABANDONED: LiteralString = """SELECT settle_reminder(r.id, now(), 'unknown', 'worker_lost', '') FROM reminders r
  WHERE r.state = 'calling' AND r.asked_at < now() - interval '5 minutes'"""

SOON = "UPDATE deliveries SET poll_at = least(poll_at, now() + interval '20 seconds') WHERE id = %s AND poll_at IS NOT NULL"
"""Who has been reminded often acts at once."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """What became of one wish: ``outcome`` done, unknown, refused, or one of ``WHY``. ``left`` reminders remain in the span;
    ``free_at`` says when there is one again."""

    delivery: int
    outcome: str
    reason: tuple[str, str]
    left: int
    free_at: datetime | None

    @property
    def happened(self) -> bool:
        """Whether they were reminded, or may have been."""
        return self.outcome in ("done", "unknown")


def reminders_of(installed: Installed | None, account: Account, route: str, now: datetime) -> Reminders | None:
    """How often the channel lets people be reminded on this route; None where it cannot."""
    found = route_of(installed, account.kind, route)
    if installed is None or found is None or installed.hook.remind is None:
        return None
    limits = installed.hook.limits(account=account, route=found, now=now)
    rule: Reminders | None = limits.reminders
    return rule


def route_of(installed: Installed | None, kind: str, route: str) -> Route | None:
    """A route by its name."""
    found = installed.channel.kind(kind) if installed else None
    return next((r for r in found.routes if r.name == route), None) if found else None


class Reminding:
    """Reminders of one tenant, from wherever they are wished: a worker, a command, a page."""

    def __init__(self, lines: Lines, registry: Registry, tenant: int) -> None:
        self._lines, self._registry, self._tenant = lines, registry, tenant

    async def remind(self, delivery: int, by: str, automatic: int | None = None) -> Reminded:
        """Remind once. ``automatic``: the number of the campaign's own reminder, which is sent once in all."""
        async with self._lines.pool.tenant(self._tenant) as connection:
            row = await _row(connection, delivery)
            account = (await self._lines.accounts(connection, [row["account_id"]])).get(row["account_id"]) if row else None
            installed = self._registry.get(account.channel) if account else None
            rule = reminders_of(installed, account, row["route"], clock.now()) if account and row else None
            if row is None or account is None or installed is None or rule is None:
                why = "no_reminder" if row else "not_there"
                return Reminded(delivery, why, WHY[why], 0, None)
            taken = await _take(connection, delivery, rule, by, automatic)
            if taken["reminder"] is None:
                return await _refused(connection, delivery, rule, taken)
            await _note(connection, by, delivery, {"reminder": taken["reminder"], "automatic": automatic})
        line = self._lines.of(self._tenant, account)
        call = installed.hook.remind(account=account, delivery=as_delivery(row, row["route"]), platform=line)
        return await self._settle(delivery, rule, taken["reminder"], await outcome_of(call))

    async def _settle(self, delivery: int, rule: Reminders, reminder: int, outcome: Outcome) -> Reminded:
        state = "done" if isinstance(outcome, Receipt) else "unknown" if isinstance(outcome, Unknown) else "refused"
        code, reason = str(getattr(outcome, "code", "")), str(getattr(outcome, "reason", ""))[:500]
        async with self._lines.pool.tenant(self._tenant) as connection:
            query = "SELECT settle_reminder(%s, %s, %s, %s, %s)"
            await connection.execute(query, (reminder, clock.now(), state, code, reason))
            await connection.execute(SOON, (delivery,))
            left = await _left(connection, delivery, rule)
        return Reminded(delivery, state, _words(state, reason), left, None)


def _words(state: str, reason: str) -> tuple[str, str]:
    if state == "done":
        return ("已提醒", "reminded")
    if state == "unknown":
        return ("平台没有答复，可能已提醒，按已提醒计", "no answer: they may have been reminded, and it counts as that")
    zh, slash, en = reason.partition(" / ")
    return (zh or "平台拒绝了提醒", (en if slash else zh) or "the platform refused to remind")


async def _row(connection: Connection, delivery: int) -> dict[str, Any] | None:
    query = """SELECT e.id, e.account_id, e.key, e.form, e.target, e.ids, e.people, e.attempts, e.started_at, e.receipt, d.route
      FROM deliveries e JOIN dispatches d ON d.id = e.dispatch_id WHERE e.id = %s"""
    return await (await connection.execute(query, (delivery,))).fetchone()


async def _take(connection: Connection, delivery: int, rule: Reminders, by: str, automatic: int | None) -> dict[str, Any]:
    query = "SELECT * FROM take_reminder(%s, %s, %s, %s, %s, %s, %s, %s)"
    span = timedelta(seconds=rule.seconds) + SPARE
    values = (delivery, clock.now(), rule.rule, rule.amount, span, GAP, by, automatic)
    return await (await connection.execute(query, values)).fetchone() or {"reminder": None, "why": "not_there", "free_at": None}


async def _refused(connection: Connection, delivery: int, rule: Reminders, taken: dict[str, Any]) -> Reminded:
    left = await _left(connection, delivery, rule)
    return Reminded(delivery, taken["why"], WHY[taken["why"]], left, taken["free_at"])


async def _left(connection: Connection, delivery: int, rule: Reminders) -> int:
    query = "SELECT count(*) AS n FROM reminders WHERE delivery_id = %s AND state <> 'refused' AND asked_at > %s"
    since = clock.now() - timedelta(seconds=rule.seconds) - SPARE
    row = await (await connection.execute(query, (delivery, since))).fetchone()
    return max(rule.amount - int(row["n"] if row else 0), 0)


async def _note(connection: Connection, by: str, delivery: int, detail: dict[str, Any]) -> None:
    await connection.execute(
        "INSERT INTO audit_log (actor, action, subject, detail) VALUES (%s, 'deliveries.remind', %s, %s)",
        (by, str(delivery), Jsonb(detail)),
    )
