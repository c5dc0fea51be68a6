"""Applying what platforms pushed: in bulk, in order, each event once, in one transaction with its effect."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
import structlog

from saas.channels.callback import AccountChanged, ApprovalChanged, Event, Inbound, Progressed, TargetChanged
from saas.delivery import news, store
from saas.delivery.events import from_json
from saas.delivery.quota_outside import foreign_among, note_foreign
from saas.kernel import clock, failpoints
from saas.kernel.pool import Connection, Pool

BATCH = 1000
TRIES = 10  # an event may come before the answer it belongs to is written: it waits 0.5, 1, 2 … seconds

DUE = "SELECT id, account_id, kind, event, tries FROM callback_inbox WHERE due_at <= now()"
ASK_AGAIN = "UPDATE stage_applications SET asks_at = now() WHERE account_id = %s AND approval = %s AND state = 'waiting'"
log = structlog.get_logger()

Row = Mapping[str, Any]


async def apply_inbox(pool: Pool, tenant: int, until: float = math.inf) -> bool:
    """Apply what is due in the tenant's inbox, a batch at least; whether some is left when the steady clock says ``until``."""
    while True:
        try:
            async with pool.tenant(tenant) as connection:
                query = f"{DUE} ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
                rows = await (await connection.execute(query, (BATCH,))).fetchall()
                foreign = await _apply(connection, rows)
                if rows:
                    failpoints.reach("in_inbox")
            await note_foreign(pool, tenant, foreign)
        except psycopg.OperationalError:
            raise
        except Exception:
            return await _apply_singly(pool, tenant) == BATCH
        if len(rows) < BATCH:
            return False
        if time.monotonic() >= until:
            return True


async def _apply_singly(pool: Pool, tenant: int) -> int:
    """One event spoils the batch: each in a transaction of its own, and that one is put away with its fault."""
    async with pool.tenant(tenant) as connection:
        due = await (await connection.execute(f"{DUE} ORDER BY id LIMIT %s", (BATCH,))).fetchall()
    for row in due:
        try:
            async with pool.tenant(tenant) as connection:
                query = f"{DUE} AND id = %s FOR UPDATE SKIP LOCKED"
                foreign = await _apply(connection, await (await connection.execute(query, (row["id"],))).fetchall())
            await note_foreign(pool, tenant, foreign)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            log.warning("event cannot be applied", event_id=row["id"], fault=type(error).__name__)
            async with pool.tenant(tenant) as connection:
                query = "UPDATE callback_inbox SET due_at = NULL, tries = tries + 1, result = %s WHERE id = %s"
                await connection.execute(query, (f"cannot be applied: {type(error).__name__}", row["id"]))
    return len(due)


async def _apply(connection: Connection, rows: Sequence[Row]) -> list[int]:
    """Apply them; the ids of those that speak of somebody else's messages are left to ``note_foreign``."""
    if not rows:
        return []
    events = [(row, from_json(row["kind"], row["event"])) for row in rows]
    progress = [(row, event) for row, event in events if isinstance(event, Progressed)]
    waiting = await _apply_progress(connection, progress)
    foreign = await foreign_among(connection, [(row, event) for row, event in progress if row["id"] in waiting], TRIES)
    for row, event in events:
        await _apply_other(connection, row, event)
    done = [row["id"] for row in rows if row["id"] not in waiting]
    await connection.execute("UPDATE callback_inbox SET due_at = NULL, result = 'applied' WHERE id = ANY (%s)", (done,))
    await connection.execute(
        "UPDATE callback_inbox SET tries = tries + 1, result = 'no such delivery',"
        " due_at = CASE WHEN tries < %s THEN now() + make_interval(secs => 0.5 * power(2, tries)) END WHERE id = ANY (%s)",
        (TRIES, list(waiting - foreign)),
    )
    return sorted(foreign)


async def _apply_progress(connection: Connection, events: Sequence[tuple[Row, Progressed]]) -> set[int]:
    """Write progress of all that can be matched; the ids of the inbox rows that cannot, yet."""
    found = await _by_ref(connection, events)
    by_id: dict[int, tuple[Row, Progressed]] = {}
    waiting: set[int] = set()
    for row, event in events:
        named = (row["account_id"], f"{event.id_name}:{event.id_value}")
        delivery = found.get(named) if event.id_value else await _by_target(connection, row, event)
        if delivery is None:
            waiting.add(row["id"])
        elif delivery["id"] not in by_id or not by_id[delivery["id"]][1].progress.final:
            by_id[delivery["id"]] = (delivery, event)
    now: datetime = clock.now()
    await news.write_progress(connection, now, [(d, e.progress) for d, e in by_id.values()], "callback")
    return waiting


async def _by_ref(connection: Connection, events: Sequence[tuple[Row, Progressed]]) -> dict[tuple[int, str], Row]:
    keys = [(row["account_id"], f"{e.id_name}:{e.id_value}") for row, e in events if e.id_value]
    if not keys:
        return {}
    query = """SELECT e.id, e.dispatch_id, e.account_id, e.ref, e.form, e.people, e.accepted, e.receipt FROM deliveries e
               JOIN unnest(%s::bigint[], %s::text[]) k(account, ref) ON e.account_id = k.account AND e.ref = k.ref"""
    rows = await (await connection.execute(query, ([a for a, _ in keys], [r for _, r in keys]))).fetchall()
    return {(row["account_id"], row["ref"]): row for row in rows}


async def _by_target(connection: Connection, row: Row, event: Progressed) -> Row | None:
    """The latest open delivery to a recipient, where the platform names no id of ours."""
    if not event.target:
        return None
    query = """SELECT id, dispatch_id, form, people, accepted, receipt FROM deliveries
               WHERE account_id = %s AND target = %s AND state IN ('accepted', 'unknown') ORDER BY started_at DESC LIMIT 1"""
    return await (await connection.execute(query, (row["account_id"], event.target))).fetchone()


async def _apply_other(connection: Connection, row: Row, event: Event) -> None:
    match event:
        case AccountChanged(change="revoked", detail=detail):
            await store.trouble(connection, row["account_id"], "revoked", "", detail)
        case AccountChanged(change="restored"):
            await connection.execute(
                "UPDATE accounts SET status = 'active', trouble = '', trouble_code = '', trouble_detail = ''"
                " WHERE id = %s AND status = 'broken'",
                (row["account_id"],),
            )
        case TargetChanged():
            await _target_changed(connection, row["account_id"], event)
        case ApprovalChanged(approval=number):
            await connection.execute(ASK_AGAIN, (row["account_id"], number))
        case Progressed() | Inbound() | AccountChanged():
            return


async def _target_changed(connection: Connection, account: int, event: TargetChanged) -> None:
    """Whoever speaks in a group shows that the account is in it; that opens no group which its owner has closed."""
    await connection.execute(
        """INSERT INTO contacts AS c (account_id, target, title, people, muted, left_at)
           VALUES (%(a)s, %(t)s, %(n)s, %(p)s, %(m)s, %(l)s)
           ON CONFLICT (account_id, target) DO UPDATE SET title = coalesce(nullif(excluded.title, ''), c.title),
             people = excluded.people, left_at = excluded.left_at, seen_at = now(),
             muted = CASE WHEN %(c)s = 'joined' AND c.left_at IS NULL THEN c.muted ELSE excluded.muted END""",
        {
            "a": account,
            "t": event.target,
            "n": event.title,
            "p": event.people,
            "c": event.change,
            "m": event.change == "muted",
            "l": clock.now() if event.change == "left" else None,
        },
    )
