"""Reports that go out by themselves at the end of a day, week, month or quarter, each with a link that expires."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from saas.kernel.errors import Words
from saas.reports.periods.spans import Kind, Span, around, span

PERIODS: Final[dict[Kind, Words]] = {
    "day": ("每天", "every day"),
    "week": ("每周", "every week"),
    "month": ("每月", "every month"),
    "quarter": ("每季度", "every quarter"),
}
LATEST: Final = timedelta(days=2)
"""A report that nobody was told of for so long, because nothing ran, is not sent any more."""
ORDERS = """
  SELECT o.id, o.client_id, o.period, o.hour, o.members, o.destinations, o.link_days, o.at,
    coalesce(k.name, t.name) AS subject, t.zone,
    ARRAY(SELECT g.id FROM report_guests g WHERE g.order_id = o.id AND g.confirmed_at IS NOT NULL AND g.stopped_at IS NULL
      AND g.removed_at IS NULL ORDER BY g.id) AS guests
  FROM report_orders o JOIN tenants t ON t.id = o.tenant_id LEFT JOIN clients k ON k.id = o.client_id
  WHERE o.ended_at IS NULL ORDER BY o.id"""
MINT = """
  INSERT INTO report_links (order_id, client_id, period, hash, made_at, expires_at, guest_id)
  VALUES (%s, %s, %s, %s, %s, %s, %s)"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is due: of whom, over what, since when, for whom, and how long its link lives."""

    order: int
    client_id: int | None
    subject: str
    period: str
    since: datetime
    members: tuple[int, ...]
    destinations: tuple[int, ...]
    link_days: int
    guests: tuple[int, ...] = ()


def finished(kind: Kind, day: date) -> Span:
    """The last one that was over before the day began."""
    return around(kind, day).before()


def due(orders: Sequence[Any], now: datetime) -> list[Due]:
    """The orders whose hour has come, each for the span that ended last. Pure."""
    found = []
    for order in orders:
        here = ZoneInfo(order["zone"])
        over = finished(order["period"], now.astimezone(here).date())
        after = over.last + timedelta(days=1)
        moment = datetime(after.year, after.month, after.day, order["hour"], tzinfo=here)
        if moment <= now < moment + LATEST and order["at"] <= moment:
            whose = (order["id"], order["client_id"], order["subject"], over.name, moment)
            found.append(
                Due(*whose, tuple(order["members"]), tuple(order["destinations"]), order["link_days"], tuple(order["guests"]))
            )
    return found


def due_now(connection: Connection, now: datetime) -> list[Due]:
    """The same, of the agency whose transaction is open."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return due(cursor.execute(ORDERS).fetchall(), now)


def mint(connection: Connection, facts: Mapping[str, Any], client_id: int | None, now: datetime, guest: int | None = None) -> str:
    """A fresh link to a report; the path with its secret, which stands nowhere else."""
    secret = secrets.token_urlsafe(32)
    expires = now + timedelta(days=int(facts["days"]))
    connection.execute(MINT, (facts["order"], client_id, facts["period"], hash_of(secret), now, expires, guest))
    return f"/d/{secret}"


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def words_of(period: str) -> Words:
    """A span as people say it."""
    return span(period).words
