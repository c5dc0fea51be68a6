"""What platforms let us know of sends that are not ours: a finished message nobody here sent, a cap that is used up already.

Each has a transaction of its own: who holds an account's quota must not wait for deliveries that a claim has locked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from saas.accounts.channels import registry
from saas.channels.callback import Progressed
from saas.channels.outcome import Exhausted
from saas.channels.platform import Account
from saas.channels.rules import Cap, Limits
from saas.delivery.events import from_json
from saas.delivery.policy import window
from saas.kernel.pool import Connection, Pool

Row = Mapping[str, Any]

QUIET = """SELECT a FROM unnest(%s::bigint[]) a WHERE NOT EXISTS (
  SELECT 1 FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id
  WHERE d.account_id = a AND (d.unknown > 0 OR d.open_rows > 0 AND c.state IN ('released', 'cancelled')))"""
TAKE = """SELECT i.id, i.account_id, i.kind, i.event, i.received_at,
    a.key, a.channel, a.kind AS account_kind, a.name, a.settings, a.zone
  FROM callback_inbox i JOIN accounts a ON a.id = i.account_id
  WHERE i.id = ANY (%s) AND i.due_at IS NOT NULL ORDER BY i.account_id, i.id FOR UPDATE OF i SKIP LOCKED"""


async def foreign_among(connection: Connection, waiting: Sequence[tuple[Row, Progressed]], tries: int) -> set[int]:
    """Of events that no delivery answers to, those about somebody else's message (their inbox ids): at once where nothing of
    ours is on its way on the account or unknown, else when they have waited long enough for our own answer."""
    told = [(row, event) for row, event in waiting if event.foreign]
    if not told:
        return set()
    found = await (await connection.execute(QUIET, ([row["account_id"] for row, _ in told],))).fetchall()
    quiet = {row["a"] for row in found}
    return {row["id"] for row, _ in told if row["tries"] >= tries or row["account_id"] in quiet}


async def note_foreign(pool: Pool, tenant: int, ids: Sequence[int]) -> None:
    """Count them in the caps they name, and close them, in one transaction."""
    if not ids:
        return
    async with pool.tenant(tenant) as connection:
        rows = await (await connection.execute(TAKE, (list(ids),))).fetchall()
        for row in rows:
            event = from_json(row["kind"], row["event"])
            if isinstance(event, Progressed):
                await _count(connection, row, event)
        query = "UPDATE callback_inbox SET due_at = NULL, result = 'sent elsewhere' WHERE id = ANY (%s)"
        await connection.execute(query, ([row["id"] for row in rows],))


async def note_used_up(pool: Pool, tenant: int, account: Account, limits: Limits, told: Exhausted, now: datetime) -> None:
    """The platform says a cap is used up for as long as our window runs: what our books still show of it went out elsewhere."""
    cap = next((cap for cap in limits.caps if cap.name == told.window and cap.scope == "account"), None)
    if cap is None or told.resets_at < _ends(cap, now, account.zone):
        return
    words = f"平台答复额度已用尽 / the platform says it is used up: {told.reason or told.code or told.window}"[:500]
    async with pool.tenant(tenant) as connection:
        query = "SELECT note_used_up(%s, %s, '', %s, %s)"
        await connection.execute(query, (account.id, Jsonb(window(cap, now, account.zone)), words, now))


def _ends(cap: Cap, now: datetime, zone: str) -> datetime:
    return now + cap.window.rolling if cap.window.rolling else cap.window.bounds(now, zone)[1]


async def _count(connection: Connection, row: Row, event: Progressed) -> None:
    at = datetime.fromtimestamp(event.at, UTC) if event.at else row["received_at"]
    name = f"{event.id_name}:{event.id_value}"
    words = f"平台通知：别处发送的消息 / told by the platform: a message sent elsewhere ({name})"
    for cap in _caps_named(row, event.foreign, at):
        values = (row["account_id"], Jsonb(window(cap, at, row["zone"])), words, f"{row['account_id']}/{cap.name}//{name}", at)
        await connection.execute("SELECT note_external(%s, %s, '', 1, 'platform', %s, %s, NULL, %s)", values)


def _caps_named(row: Row, names: Sequence[str], at: datetime) -> Iterator[Cap]:
    """The account's own caps of those names, in the order in which their windows are locked."""
    installed = registry().get(row["channel"])
    kind = installed.channel.kind(row["account_kind"]) if installed else None
    if installed is None or kind is None:
        return
    account = Account(
        row["account_id"], row["key"], row["channel"], row["account_kind"], row["name"], {}, row["settings"], row["zone"]
    )
    limits = [installed.hook.limits(account=account, route=route, now=at) for route in kind.routes]
    caps = {cap.name: cap for of in limits for cap in of.caps if cap.name in names and cap.scope == "account"}
    yield from (caps[name] for name in sorted(caps))
