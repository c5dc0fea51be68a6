"""What was sent in a span, a row a dispatch with the newest of its figures, and what accounts gained and lost by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from saas.accounts.channels import registry
from saas.kernel.database import db
from saas.reports.report import Figure

SENT = """
  SELECT d.id dispatch, c.id campaign, c.name campaign_name, c.kind message_kind, c.due_at, c.state campaign_state,
    a.id account_id, a.key account, a.name account_name, a.channel, a.kind account_kind,
    cl.id client_id, cl.name client, d.unit, d.route,
    d.intended, d.accepted, d.delivered, d.failed, d.skipped, d.unknown, d.awaiting, d.recalled, d.open_rows, d.code, d.reason,
    d.wake_at, d.counted_by, f.figures, a.zone
  FROM campaigns c JOIN dispatches d ON d.tenant_id = c.tenant_id AND d.campaign_id = c.id
  JOIN accounts a ON a.tenant_id = d.tenant_id AND a.id = d.account_id
  JOIN clients cl ON cl.tenant_id = a.tenant_id AND cl.id = a.client_id
  LEFT JOIN LATERAL (SELECT jsonb_object_agg(n.name, jsonb_build_array(n.value, n.source, n.as_of)) figures
                     FROM figures_now n WHERE n.dispatch_id = d.id) f ON true
  WHERE c.released_at IS NOT NULL AND c.due_at >= :since AND c.due_at < :until
    AND (CAST(:client AS bigint) IS NULL OR a.client_id = :client) AND (CAST(:account AS bigint) IS NULL OR a.id = :account)
    AND (CAST(:campaign AS bigint) IS NULL OR c.id = :campaign)
  ORDER BY c.due_at, d.id"""
DAYS = """
  SELECT DISTINCT ON (d.account_id, d.day, d.name) d.account_id, a.client_id, d.day, d.name, d.value, d.source, d.as_of
  FROM account_days d JOIN accounts a ON a.tenant_id = d.tenant_id AND a.id = d.account_id
  WHERE d.day BETWEEN :first AND :last
    AND NOT (d.source = 'callback' AND d.name IN ('gained', 'lost')
             AND a.channel || '/' || a.kind = ANY (CAST(:groups AS text[])))
    AND (CAST(:client AS bigint) IS NULL OR a.client_id = :client) AND (CAST(:account AS bigint) IS NULL OR a.id = :account)
  ORDER BY d.account_id, d.day, d.name, array_position(ARRAY['statistics', 'callback', 'hand'], d.source)"""
TITLES = """
  SELECT id, coalesce(message -> 'articles' -> 0 ->> 'title', nullif(left(message ->> 'text', 60), ''))
  FROM dispatches WHERE id = ANY (:ids)"""


EVER = (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), datetime.fromisoformat("9000-01-01T00:00:00+00:00"))


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose report: of one account, of one client, or of the whole agency; of one campaign alone."""

    client: int | None = None
    account: int | None = None
    campaign: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One campaign on one account, in people (or groups), with the newest of each figure. ``zone``: the account's."""

    dispatch: int
    campaign: int
    campaign_name: str
    message_kind: str
    due_at: datetime
    campaign_state: str
    account_id: int
    account: str
    account_name: str
    channel: str
    account_kind: str
    client_id: int
    client: str
    unit: str
    route: str
    intended: int
    accepted: int
    delivered: int
    failed: int
    skipped: int
    unknown: int
    awaiting: int
    recalled: int
    open_rows: int
    code: str
    reason: str
    wake_at: datetime | None
    counted_by: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    zone: str = ""


@dataclass(frozen=True, slots=True)
class AccountDay:
    """What an account gained, lost or was told on a day, by the best source there is."""

    account_id: int
    client_id: int
    day: date
    name: str
    figure: Figure


def sent_between(scope: Scope, since: datetime, until: datetime) -> list[Sent]:
    """Everything that was released and due in that time, in order."""
    values = {"since": since, "until": until, "client": scope.client, "account": scope.account, "campaign": scope.campaign}
    return [_sent(row) for row in db.session.execute(text(SENT), values)]


def days_between(scope: Scope, first: date, last: date) -> list[AccountDay]:
    """The account's days, each figure from its best source: statistics before pushes before a hand. What groups come and go is
    pushed to those that reach groups alone, and is nobody who follows or leaves."""
    values = {"first": first, "last": last, "client": scope.client, "account": scope.account, "groups": _of_groups()}
    rows = db.session.execute(text(DAYS), values)
    return [AccountDay(r.account_id, r.client_id, r.day, r.name, Figure(r.value, r.source, r.as_of.isoformat())) for r in rows]


def _of_groups() -> list[str]:
    """The kinds of accounts that reach groups alone."""
    kinds = [(one.channel.name, kind) for one in registry().all() for kind in one.channel.kinds]
    return [f"{channel}/{kind.name}" for channel, kind in kinds if {route.unit for route in kind.routes} == {"group"}]


def titles_of(dispatches: list[int]) -> dict[int, str]:
    """What a few dispatches said: the first article's title, or the beginning of the text."""
    found: dict[int, str] = defaultdict(str)
    found.update({id: title or "" for id, title in db.session.execute(text(TITLES), {"ids": dispatches})})
    return found


def _sent(row: Any) -> Sent:
    own = dict(row._mapping)
    newest = {name: Figure(value, source, as_of) for name, (value, source, as_of) in (own["figures"] or {}).items()}
    return Sent(**{**own, "figures": newest})
