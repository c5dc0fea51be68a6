"""The engine's questions to the database, one function each; every one inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from saas.channels.outcome import Failure
from saas.channels.platform import Delivery, Target
from saas.delivery.policy import News
from saas.kernel.pool import Connection


@dataclass(frozen=True, slots=True)
class Claimed:
    """A chunk under one lease, and which of it an earlier attempt may have sent already. Or the cap that stands in the way. Or
    nothing."""

    lease: int = 0
    rows: Sequence[Delivery] = ()
    held: frozenset[int] = frozenset()
    blocked: str = ""
    resets_at: datetime | None = None

    @property
    def repeated(self) -> bool:
        """Whether some were tried before. Of those that lost their worker a claim gives a small part."""
        return any(delivery.attempt > 1 for delivery in self.rows)

    def is_last(self, after: int, size: int) -> bool:
        """Whether nothing more is due: the claim looked at everything and got less than it may. It need not ask again; what
        a cap or another worker kept from it is woken for once more."""
        return not after and len(self.rows) < size and not self.repeated


CLAIM = """SELECT lease, blocked, resets_at, id, key, target, form, ids, fields::text, people, attempts, started_at, receipt, held
  FROM claim_deliveries(%s, %s, %s, %s, %s, %s, %s)"""


async def claim(
    connection: Connection,
    dispatch: int,
    route: str,
    now: datetime,
    limit: int,
    lease: timedelta,
    worker: str,
    caps: Any,
    after: int,
) -> Claimed:
    """Claim due deliveries and reserve their quota (see ``claim_deliveries``). Rows become deliveries at once, unnamed and in
    binary form: it is done for every recipient."""
    async with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(CLAIM, (dispatch, now, limit, lease, worker, Jsonb(caps), after), prepare=True)
        rows = await cursor.fetchall()
    if not rows or rows[0][1]:
        return Claimed(blocked=rows[0][1], resets_at=rows[0][2]) if rows else Claimed()
    return Claimed(rows[0][0], [_delivery(row, route) for row in rows], frozenset(row[3] for row in rows if row[13]))


def _delivery(row: tuple[Any, ...], route: str) -> Delivery:
    _, _, _, id, key, target, form, ids, fields, people, attempt, started_at, receipt, _ = row
    whom = Target(form, recipients(form, target, ids), people, orjson.loads(fields) if fields else {})
    return Delivery(id, key, route, whom, attempt, started_at, receipt or {})


def recipients(form: str, target: str, ids: Sequence[str] | None) -> tuple[str, ...]:
    """The recipients of a delivery, from what its row says."""
    if ids:
        return tuple(ids)
    return () if form == "all" else (target.removeprefix("tag:"),)


def _payload(news: Sequence[News]) -> str:
    """News as JSON that PostgreSQL takes: a platform's words may hold what is no text to it (NUL, half a character)."""
    rows = [n.to_json() for n in news]
    try:
        text = orjson.dumps(rows).decode()
    except TypeError:  # half a character
        text = json.dumps(rows, ensure_ascii=False)
    if "\\u0000" in text:
        text = json.dumps(_without_nul(rows), ensure_ascii=False)
    return _whole(text)


def must_be_writable(news: News) -> None:
    """Raises TypeError or ValueError for what ``settle`` could not write."""
    for number in (news.a, news.d, news.f, news.s, news.u, news.w):
        if not isinstance(number, int) or not 0 <= number < 2**31:
            raise ValueError(f"{number} people")
    if not isinstance(news.receipt, dict | None):
        raise TypeError("receipt")
    if news.receipt and not all(type(value) is str for value in news.receipt.values()):
        orjson.dumps(news.receipt)


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return [_without_nul(one) for one in value] if isinstance(value, list) else value


async def settle(connection: Connection, lease: int, now: datetime, news: Sequence[News]) -> int:
    """Write the outcomes of a lease; how many were still ours."""
    row = await (
        await connection.execute("SELECT settle_deliveries(%s, %s, %s::jsonb) AS n", (lease, now, _payload(news)), prepare=True)
    ).fetchone()
    return int(row["n"]) if row else 0


async def hand_back(connection: Connection, lease: int, now: datetime, news: Sequence[News]) -> int:
    """Write news of a part of a lease, while the rest of it is on its way."""
    query = "SELECT hand_back(%s, %s, %s::jsonb) AS n"
    row = await (await connection.execute(query, (lease, now, _payload(news)))).fetchone()
    return int(row["n"]) if row else 0


async def progress(
    connection: Connection, now: datetime, states: Sequence[str], news: Sequence[News], totals: bool = False
) -> int:
    """Write what became known of deliveries in one of ``states``; how many were changed. ``totals``: they only grow."""
    query = "SELECT progress_deliveries(%s, %s, %s::jsonb, %s) AS n"
    row = await (await connection.execute(query, (now, list(states), _payload(news), totals))).fetchone()
    return int(row["n"]) if row else 0


async def failures(connection: Connection, delivery: int, failed: Sequence[Failure]) -> None:
    """Keep who was refused inside a larger delivery."""
    if not failed:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO delivery_failures (delivery_id, target, code, reason) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(delivery, *(_whole(part).replace("\0", "") for part in (f.target, f.code, f.reason))) for f in failed],
        )


async def heartbeat(connection: Connection, leases: Sequence[int], until: datetime) -> list[int]:
    """Move leases on; the ones that are still ours."""
    query = "UPDATE leases SET until = %s WHERE id = ANY (%s) AND closed_at IS NULL RETURNING id"
    return [row["id"] for row in await (await connection.execute(query, (until, list(leases)))).fetchall()]


async def halted(connection: Connection, dispatches: Sequence[int]) -> set[int]:
    """Those of which nothing more may be called: stopped, cancelled or taken back."""
    rows = await (await connection.execute("SELECT halted(%s) AS id", (list(dispatches),))).fetchall()
    return {row["id"] for row in rows}


async def expire(connection: Connection, now: datetime) -> int:
    """Take away leases whose worker did not come back."""
    row = await (await connection.execute("SELECT expire_leases(%s) AS n", (now,))).fetchone()
    return int(row["n"]) if row else 0


async def put_off(connection: Connection, dispatch: int, now: datetime, until: datetime, code: str, reason: str) -> None:
    """All that is due waits until then, or is skipped when that is too late."""
    await connection.execute("SELECT put_off(%s, %s, %s, %s, %s)", (dispatch, now, until, code, reason))


async def close_due(connection: Connection, dispatch: int, state: str, code: str, reason: str) -> None:
    """End what has not been sent."""
    await connection.execute("SELECT close_due(%s, %s, %s, %s)", (dispatch, state, code, reason))


async def hindrance(connection: Connection, dispatch: int) -> str:
    """What stood in the way of what is still due: a stop that held at the latest moment, or what its last attempt says; "" when
    nothing of it was tried."""
    query = """
      SELECT 'stopped' AS code, 0 AS rank FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id
      JOIN accounts a ON a.id = d.account_id
      JOIN stops s ON s.at <= c.due_at + c.max_lateness AND coalesce(s.lifted_at, 'infinity') >= c.due_at + c.max_lateness
        AND (s.scope = 'tenant' OR s.client_id = a.client_id OR s.account_id = a.id OR a.channel = ANY (s.channels))
      WHERE d.id = %(dispatch)s
      UNION ALL
      (SELECT code, 1 FROM deliveries WHERE dispatch_id = %(dispatch)s AND state = 'due' AND code <> '' ORDER BY id LIMIT 1)
      ORDER BY rank LIMIT 1"""
    row = await (await connection.execute(query, {"dispatch": dispatch})).fetchone()
    return str(row["code"]) if row else ""


async def rest(connection: Connection, dispatch: int, now: datetime) -> None:
    """Nothing is due now: note when to look again."""
    await connection.execute("SELECT rest_dispatch(%s, %s)", (dispatch, now))


async def due_dispatches(connection: Connection, now: datetime, limit: int = 500) -> list[dict[str, Any]]:
    """Dispatches to work on now, with what sending needs of campaign and account."""
    query = """
      SELECT d.id, d.account_id, d.route, d.message, d.repeat_by, d.repeat_seconds, c.due_at,
             c.due_at + c.max_lateness AS deadline, a.zone,
             c.state AS campaign_state, d.stopped_at, a.trouble
      FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id JOIN accounts a ON a.id = d.account_id
      WHERE d.wake_at <= %s ORDER BY d.wake_at, d.id LIMIT %s"""
    return await (await connection.execute(query, (now, limit))).fetchall()


async def take_polls(connection: Connection, now: datetime, hold: timedelta, limit: int = 400) -> list[dict[str, Any]]:
    """Deliveries whose progress or lookup is due; they are ours for ``hold``, so that no other worker asks as well."""
    query = """
      UPDATE deliveries e SET poll_at = %s FROM (
        SELECT v.id FROM deliveries v WHERE v.poll_at <= %s ORDER BY v.poll_at LIMIT %s FOR UPDATE SKIP LOCKED) x, dispatches d
      WHERE e.id = x.id AND d.id = e.dispatch_id
      RETURNING e.id, e.account_id, e.dispatch_id, e.state, e.key, e.form, e.target, e.ids, e.people, e.attempts, e.started_at,
        e.receipt, e.accepted, e.polls, d.route, d.message, d.repeat_by, d.repeat_seconds, e.accepted_at, e.awaiting,
        e.awaiting_until,
        CASE WHEN e.awaiting > 0 THEN (SELECT c.draft -> 'options' FROM campaigns c WHERE c.id = e.campaign_id) END AS options"""
    return await (await connection.execute(query, (now + hold, now, limit))).fetchall()


async def looked_up(connection: Connection, delivery: int, said: str, gap: float | None) -> None:
    """What a lookup brought that could not tell; asked again after ``gap`` seconds, or no more: then a person decides."""
    await connection.execute(
        "UPDATE deliveries SET poll_at = now() + make_interval(secs => %s), polls = polls + 1, looked_at = now(), looked = %s"
        " WHERE id = %s AND state = 'unknown'",
        (gap, _whole(said)[:500].replace("\0", ""), delivery),
    )


async def still_at(connection: Connection, delivery: int, attempt: int) -> bool:
    """Whether no later attempt has begun since it was asked about this one: of that one the answer says nothing. Locks it."""
    query = "SELECT 1 FROM deliveries WHERE id = %s AND attempts = %s FOR UPDATE"
    return await (await connection.execute(query, (delivery, attempt))).fetchone() is not None


async def clear_poll(connection: Connection, delivery: int, state: str) -> None:
    """Ask no more, unless something has become known meanwhile: a person decides."""
    await connection.execute("UPDATE deliveries SET poll_at = NULL WHERE id = %s AND state = %s", (delivery, state))


async def trouble(connection: Connection, account: int, reason: str, code: str, detail: str) -> None:
    """Mark an account as broken, with the reason a person must act on."""
    await connection.execute(
        "UPDATE accounts SET status = CASE WHEN status = 'stopped' THEN status ELSE 'broken' END,"
        " trouble = %s, trouble_code = %s, trouble_detail = %s, checked_at = now() WHERE id = %s",
        (reason, code, detail[:500], account),
    )
