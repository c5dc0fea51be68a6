"""Telling: lines of the outbox are taken, the call is made with nothing open, what came of it is written.

*trying* is written before the call. Whoever dies in between leaves lines that the next one finds: a mail or a webhook goes out
again under the same key, a robot, which has none, is marked *perhaps* and not told twice.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from saas.kernel.sealing import CannotOpen, Sealer
from saas.reports.alerts import carriers
from saas.reports.alerts.carriers import Letter, Said
from saas.reports.alerts.opening import rules_of
from saas.reports.alerts.pacing import again_at, told_at
from saas.reports.alerts.wording import Reader, Told, letter
from saas.reports.ordered import mint

GONE_AFTER: Final = timedelta(minutes=5)
"""A try takes at most two minutes: after five nobody is at it any more."""
TURN_SECONDS: Final = 20.0
LOST = """
  UPDATE alert_notices n SET fault = 'lost', next_try = %(now)s,
    state = CASE WHEN EXISTS (SELECT 1 FROM alert_destinations d WHERE d.id = n.destination_id AND d.kind = 'robot')
      THEN 'perhaps' ELSE 'due' END, told_at = NULL
  WHERE n.state = 'trying' AND n.tried_at < %(gone)s"""
DUE = """
  SELECT n.id, n.what, n.member_id, n.destination_id, n.key, n.tries, n.next_try, a.kind, a.subject, a.facts, a.since,
    a.campaign_id, a.client_id, a.account_id
  FROM alert_notices n JOIN alerts a ON a.id = n.alert_id WHERE n.state = 'due'
  ORDER BY n.member_id, n.destination_id, a.kind, n.what, n.key, n.id LIMIT 2000 FOR UPDATE OF n SKIP LOCKED"""
LAST = """
  SELECT n.member_id, n.destination_id, a.kind, max(n.tried_at) AS at FROM alert_notices n JOIN alerts a ON a.id = n.alert_id
  WHERE n.tried_at > %s AND n.what = 'open' AND n.tried_at IS NOT NULL GROUP BY 1, 2, 3"""
WAIT = "UPDATE alert_notices SET next_try = %s WHERE id = ANY (%s)"
TRY = "UPDATE alert_notices SET state = 'trying', key = %s, tries = tries + 1, tried_at = %s WHERE id = ANY (%s)"
SAID = """
  UPDATE alert_notices SET state = %(state)s, fault = %(fault)s, next_try = coalesce(%(next)s, next_try),
    told_at = CASE WHEN %(state)s IN ('told', 'perhaps') THEN %(now)s END
  WHERE id = ANY (%(ids)s) AND key = %(key)s AND tries = %(tries)s AND state = 'trying'"""
READERS = """
  SELECT m.id AS member_id, NULL::bigint AS destination_id, m.email, m.locale, m.client_id IS NULL AS staff, 'mail' AS kind,
    NULL::bytea AS sealed
  FROM members m WHERE m.id = ANY (%(members)s) AND m.disabled_at IS NULL
  UNION ALL SELECT NULL, d.id, '', d.locale, true, d.kind, d.sealed FROM alert_destinations d
  WHERE d.id = ANY (%(destinations)s) AND d.removed_at IS NULL"""
NOBODY = "UPDATE alert_notices SET state = 'dropped', fault = 'gone' WHERE id = ANY (%s)"

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """The ways out of this installation: the mail server and sender (empty: none), and whether this machine may be called."""

    smtp: str
    sender: str
    origin: str
    loopback: bool
    sealer: Sealer

    def send(self, tenant: int, whom: Row, message: Letter) -> Said:
        """One try."""
        if whom["kind"] == "mail":
            return carriers.mail(self.smtp, self.sender, whom["email"], message)
        try:
            opened = self.sealer.open(tenant, f"alert destination:{whom['destination_id']}", whom["sealed"])
        except CannotOpen:
            return Said("no", "sealed")
        address, secret = (opened["address"], opened["secret"]) if isinstance(opened, dict) else ("", "")
        if whom["kind"] == "robot":
            return carriers.robot(address, message, self.loopback)
        return carriers.webhook(address, secret, message, self.loopback)


@dataclass(frozen=True, slots=True)
class Parcel:
    """Lines that go in one message to one recipient."""

    whom: Row
    key: str
    tries: int
    ids: list[int]
    message: Letter


def tell(connection: Connection, tenant: int, now: Callable[[], datetime], post: Post) -> int:
    """Tell everybody of this agency who is to be told now; how many messages. The connection is in no transaction.

    One message is taken at a time: a line is *trying* only while its own call is on its way. A slow mail server ends the turn.
    """
    count, until = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        with within(connection, tenant):
            parcel = take(connection, now(), post)
        if parcel is None:
            break
        said = post.send(tenant, parcel.whom, parcel.message)
        with within(connection, tenant):
            write(connection, parcel, said, now())
        count += 1
    return count


def take(connection: Connection, now: datetime, post: Post) -> Parcel | None:
    """A message that may go now, its lines marked *trying*; None: there is none. In the caller's transaction."""
    connection.execute(LOST, {"now": now, "gone": now - GONE_AFTER})
    with connection.cursor(row_factory=dict_row) as cursor:
        due = [row for row in cursor.execute(DUE).fetchall() if not _is_mail(row) or post.smtp]
    groups = [list(rows) for _, rows in groupby(due, key=_group)]
    ready = [rows for rows in groups if min(row["next_try"] for row in rows) <= now]
    for rows in _paced(connection, ready, now):
        if parcel := _parcel(connection, rows, _readers(connection, rows[:1]), now, post.origin):
            return parcel
    return None


def write(connection: Connection, parcel: Parcel, said: Said, now: datetime) -> None:
    """What came of a message. In the caller's transaction."""
    repeatable = parcel.whom["kind"] != "robot"
    next_try = again_at(now, parcel.tries) if said.word == "again" or (said.word == "perhaps" and repeatable) else None
    state = "due" if next_try else {"told": "told", "perhaps": "perhaps"}.get(said.word, "failed")
    values = {"state": state, "fault": said.fault[:200], "next": next_try, "now": now}
    connection.execute(SAID, values | {"ids": parcel.ids, "key": parcel.key, "tries": parcel.tries})


def _is_mail(row: Row) -> bool:
    return row["member_id"] is not None


def _group(row: Row) -> tuple[Any, ...]:
    return (row["member_id"] or 0, row["destination_id"] or 0, row["kind"], row["what"], row["key"])


def _whose(row: Row) -> tuple[Any, ...]:
    return row["member_id"], row["destination_id"], row["kind"]


def _paced(connection: Connection, groups: Sequence[Sequence[Row]], now: datetime) -> list[Sequence[Row]]:
    """Those whose moment has come; the others wait for it. A repeat under its key is no new message."""
    if not groups:
        return []
    rules, zone = rules_of(connection), zone_of(connection)[1]
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LAST, (now - timedelta(days=1),)).fetchall()
    last = {_whose(row): row["at"] for row in rows}
    going: list[Sequence[Row]] = []
    for group in groups:
        moment = told_at(now, last.get(_whose(group[0])) if group[0]["what"] == "open" else None, rules[group[0]["kind"]], zone)
        if group[0]["key"] or moment <= now:
            going.append(group)
        else:
            connection.execute(WAIT, (moment, [row["id"] for row in group]))
    return going


def zone_of(connection: Connection) -> tuple[str, str]:
    """The agency's name and zone."""
    row = connection.execute("SELECT name, zone FROM tenants").fetchone()
    return (str(row[0]), str(row[1])) if row else ("", "Asia/Shanghai")


def _readers(connection: Connection, rows: Iterable[Row]) -> dict[tuple[Any, Any], Row]:
    listed = list(rows)
    ids = {name: [row[f"{name[:-1]}_id"] for row in listed if row[f"{name[:-1]}_id"]] for name in ("members", "destinations")}
    with connection.cursor(row_factory=dict_row) as cursor:
        return {(row["member_id"], row["destination_id"]): row for row in cursor.execute(READERS, ids).fetchall()}


def _parcel(
    connection: Connection, rows: Sequence[Row], whom: Mapping[tuple[Any, Any], Row], now: datetime, origin: str
) -> Parcel | None:
    reader, ids = whom.get((rows[0]["member_id"], rows[0]["destination_id"])), [row["id"] for row in rows]
    if reader is None:
        connection.execute(NOBODY, (ids,))
        return None
    key = rows[0]["key"] or f"alert-{secrets.token_hex(16)}"
    connection.execute(TRY, (key, now, ids))
    agency, zone = zone_of(connection)
    told = [Told(*(row[name] for name in Told.__slots__)) for row in rows]
    if rows[0]["kind"] == "report":
        told = [_with_link(connection, one, now, origin) for one in told]
    message = letter(key, rows[0]["what"], told, Reader(reader["locale"], agency, zone, origin, reader["staff"]))
    return Parcel(reader, key, max(row["tries"] for row in rows) + 1, ids, message)


def _with_link(connection: Connection, one: Told, now: datetime, origin: str) -> Told:
    """A report's own link, made for this message: of its secret nothing is kept, so a repeat has another."""
    path = mint(connection, one.facts, one.client_id, now)
    return replace(one, facts={**one.facts, "path": path, "link": origin + path})


@contextmanager
def within(connection: Connection, tenant: int) -> Iterator[None]:
    """A transaction of one agency."""
    with connection.transaction():
        connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(tenant),))
        yield
