"""Telling: lines of the outbox are taken, the call is made with nothing open, what came of it is written.

*trying* is written before the call. Whoever dies in between leaves lines that the next one finds: a mail or a webhook goes out
again under the same key, a robot, which has none, is marked *perhaps* and not told twice.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from saas.reports.alerts.scoping import client_rules_of
from saas.reports.alerts.wording import Reader, Told, letter
from saas.reports.guests.mailing import Envelope, guest_letter
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
  SELECT n.id, n.what, n.member_id, n.destination_id, n.guest_id, n.rule_id, n.key, n.tries, n.next_try, a.kind, a.subject,
    a.facts, a.since, a.campaign_id, a.client_id, a.account_id
  FROM alert_notices n JOIN alerts a ON a.id = n.alert_id WHERE n.state = 'due'
  ORDER BY n.member_id, n.destination_id, n.guest_id, a.kind, n.what, n.rule_id, n.key, n.id LIMIT 2000
  FOR UPDATE OF n SKIP LOCKED"""
LAST = """
  SELECT n.member_id, n.destination_id, n.guest_id, a.kind, max(n.tried_at) AS at
  FROM alert_notices n JOIN alerts a ON a.id = n.alert_id
  WHERE n.tried_at > %s AND n.what = 'open' AND n.tried_at IS NOT NULL GROUP BY 1, 2, 3, 4"""
WAIT = "UPDATE alert_notices SET next_try = %s WHERE id = ANY (%s)"
TRY = "UPDATE alert_notices SET state = 'trying', key = %s, tries = tries + 1, tried_at = %s WHERE id = ANY (%s)"
SAID = """
  UPDATE alert_notices SET state = %(state)s, fault = %(fault)s, next_try = coalesce(%(next)s, next_try),
    told_at = CASE WHEN %(state)s IN ('told', 'perhaps') THEN %(now)s END
  WHERE id = ANY (%(ids)s) AND key = %(key)s AND tries = %(tries)s AND state = 'trying'"""
READER = """
  SELECT m.id AS member_id, NULL::bigint AS destination_id, NULL::bigint AS guest_id, m.email, m.locale,
    m.client_id IS NULL AS staff, 'mail' AS kind, NULL::bytea AS sealed
  FROM members m WHERE m.id = %(member)s AND m.disabled_at IS NULL
  UNION ALL SELECT NULL, d.id, NULL, '', d.locale, true, d.kind, d.sealed FROM alert_destinations d
  WHERE d.id = %(destination)s AND d.removed_at IS NULL
  UNION ALL SELECT NULL, NULL, g.id, g.email, g.locale, false, 'mail', NULL FROM report_guests g
  JOIN report_orders o ON o.id = g.order_id
  WHERE g.id = %(guest)s AND g.stopped_at IS NULL AND g.removed_at IS NULL AND o.ended_at IS NULL
    AND CASE WHEN %(kind)s = 'invitation' THEN g.confirmed_at IS NULL AND g.expires_at > %(now)s
      ELSE g.confirmed_at IS NOT NULL END"""
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
        if parcel := _parcel(connection, rows, _reader(connection, rows[0], now), now, post.origin):
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
    return row["destination_id"] is None


def _group(row: Row) -> tuple[Any, ...]:
    return (*_whose(row), row["what"], row["rule_id"], row["key"])


def _whose(row: Row) -> tuple[Any, ...]:
    return row["member_id"], row["destination_id"], row["guest_id"], row["kind"]


def _paced(connection: Connection, groups: Sequence[Sequence[Row]], now: datetime) -> list[Sequence[Row]]:
    """Those whose moment has come; the others wait for it. A repeat under its key is no new message."""
    if not groups:
        return []
    rules, zone = rules_of(connection), zone_of(connection)[1]
    of_clients = {one.id: one.rule for one in client_rules_of(connection)}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(LAST, (now - timedelta(days=1),)).fetchall()
    last = {_whose(row): row["at"] for row in rows}
    going: list[Sequence[Row]] = []
    for group in groups:
        rule = of_clients.get(group[0]["rule_id"], rules[group[0]["kind"]])
        moment = told_at(now, last.get(_whose(group[0])) if group[0]["what"] == "open" else None, rule, zone)
        if group[0]["key"] or moment <= now:
            going.append(group)
        else:
            connection.execute(WAIT, (moment, [row["id"] for row in group]))
    return going


def zone_of(connection: Connection) -> tuple[str, str]:
    """The agency's name and zone."""
    row = connection.execute("SELECT name, zone FROM tenants").fetchone()
    return (str(row[0]), str(row[1])) if row else ("", "Asia/Shanghai")


def _reader(connection: Connection, row: Row, now: datetime) -> Row | None:
    ids = {name: row[f"{name}_id"] for name in ("member", "destination", "guest")}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(READER, ids | {"kind": row["kind"], "now": now}).fetchone()


def _parcel(connection: Connection, rows: Sequence[Row], reader: Row | None, now: datetime, origin: str) -> Parcel | None:
    ids = [row["id"] for row in rows]
    if reader is None:
        connection.execute(NOBODY, (ids,))
        return None
    key = rows[0]["key"] or f"alert-{secrets.token_hex(16)}"
    connection.execute(TRY, (key, now, ids))
    return Parcel(reader, key, max(row["tries"] for row in rows) + 1, ids, _message(connection, key, rows, reader, now, origin))


def _message(connection: Connection, key: str, rows: Sequence[Row], reader: Row, now: datetime, origin: str) -> Letter:
    (agency, zone), kind = zone_of(connection), rows[0]["kind"]
    if guest := reader["guest_id"]:
        to = Envelope(guest, reader["locale"], agency, zone, origin)
        return guest_letter(connection, key, kind, [row["facts"] for row in rows], to, now)
    told = [Told(*(row[name] for name in Told.__slots__)) for row in rows]
    if kind == "report":
        told = [_with_link(connection, one, now, origin) for one in told]
    return letter(key, rows[0]["what"], told, Reader(reader["locale"], agency, zone, origin, reader["staff"]))


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
