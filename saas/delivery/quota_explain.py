"""Where each unit of an account's caps went: used by which campaign, held by whom since when, sent elsewhere and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, text

from saas.accounts.models import Account
from saas.accounts.service import account_by_key
from saas.channels.rules import Cap
from saas.delivery.quota import caps_by_route, caps_of, resets_at
from saas.kernel import clock
from saas.kernel.database import db
from saas.tenants.actor import Actor

MOST_SUBJECTS = 50
MOST_DELIVERIES = 20

SUBJECTS = text("""
  SELECT w.subject, sum(w.used) AS used, sum(w.reserved) AS reserved, sum(w.external) AS external, min(w.starts_at) AS since,
    array_agg(w.id) AS ids, count(*) OVER () AS subjects
  FROM quota_windows w WHERE w.account_id = :account AND w.rule = :rule AND w.ends_at > :since
    AND w.used + w.reserved + w.external > 0
  GROUP BY w.subject ORDER BY sum(w.used + w.reserved + w.external) DESC, w.subject LIMIT :most""")
USES = text("""
  SELECT w.subject, l.dispatch_id, c.id AS campaign, c.name, sum(l.units) AS units, min(l.at) AS since, max(l.at) AS until
  FROM quota_ledger l JOIN quota_windows w ON w.id = l.window_id
    LEFT JOIN dispatches d ON d.id = l.dispatch_id LEFT JOIN campaigns c ON c.id = d.campaign_id
  WHERE l.window_id = ANY (:ids) AND l.change = 'keep' GROUP BY 1, 2, 3, 4 ORDER BY max(l.at) DESC""")
HOLDS = text("""
  SELECT w.subject, l.dispatch_id, c.id AS campaign, c.name, l.lease_id, x.worker, min(l.at) AS since,
    sum(CASE l.change WHEN 'reserve' THEN l.units ELSE -l.units END) AS units
  FROM quota_ledger l JOIN quota_windows w ON w.id = l.window_id LEFT JOIN leases x ON x.id = l.lease_id
    LEFT JOIN dispatches d ON d.id = l.dispatch_id LEFT JOIN campaigns c ON c.id = d.campaign_id
  WHERE l.window_id = ANY (:ids) AND l.change IN ('reserve', 'keep', 'give_back') GROUP BY 1, 2, 3, 4, 5, 6
  HAVING sum(CASE l.change WHEN 'reserve' THEN l.units ELSE -l.units END) <> 0 ORDER BY min(l.at)""")
HELD = text("""
  SELECT e.id, e.target, e.state, e.code, e.reserved_by FROM deliveries e
  WHERE e.dispatch_id = ANY (:dispatches) AND e.reserved_by = ANY (:leases) ORDER BY e.id LIMIT :most""")
OUTSIDE = text("""
  SELECT w.subject, l.units, coalesce(l.happened_at, l.at) AS at, l.at AS noted_at, l.source, l.reason,
    coalesce(m.email, '') AS member
  FROM quota_ledger l JOIN quota_windows w ON w.id = l.window_id LEFT JOIN members m ON m.id = l.member_id
  WHERE l.window_id = ANY (:ids) AND l.change = 'external' ORDER BY l.id DESC LIMIT 500""")


@dataclass(frozen=True, slots=True)
class Use:
    """Units that went out with a campaign."""

    campaign: int
    name: str
    dispatch: int
    units: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Units that are reserved: of what is being sent, or may have gone out. At most twenty of its deliveries are named."""

    campaign: int
    name: str
    dispatch: int
    worker: str
    units: int
    since: datetime
    deliveries: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Outside:
    """Units that were sent elsewhere. ``source`` is hand, import or platform."""

    units: int
    at: datetime
    noted_at: datetime
    source: str
    reason: str
    member: str


@dataclass(frozen=True, slots=True)
class CapExplained:
    """One cap, for the account itself (``subject`` "") or one recipient or group. amount = used + reserved + external + left,
    unless more went out than the cap allows now. ``since``: what was sent before counts no more."""

    rule: str
    title: tuple[str, str]
    scope: str
    subject: str
    window: str
    unit: str
    amount: int
    source: str
    in_force_from: date | None
    in_force_until: date | None
    since: datetime
    resets_at: datetime
    used: int
    reserved: int
    external: int
    left: int
    next_possible_at: datetime
    uses: list[Use] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QuotaExplained:
    """All caps of an account at one moment. ``subjects``: how many recipients have taken units of a rule (the fifty with most
    are listed). ``next_possible_at``: by route, when its account-wide caps leave room for one more. ``rules``: every cap in
    force, by rule, title, scope and window, also those of which nothing is taken."""

    account: str
    name: str
    account_id: int
    channel: str
    kind: str
    zone: str
    at: datetime
    caps: list[CapExplained]
    subjects: dict[str, int]
    next_possible_at: dict[str, datetime]
    rules: list[dict[str, Any]]


def explain(actor: Actor, key: str) -> QuotaExplained:
    """Where the units of the account of that key went. NotFound."""
    actor.need("see_accounts")
    account, now = account_by_key(key), clock.now()
    caps: list[CapExplained] = []
    subjects: dict[str, int] = {}
    for cap in caps_of(account, now):
        rows = _subjects(account, cap, now)
        caps += _explained(account, cap, rows, now)
        if cap.scope == "target":
            subjects[cap.name] = rows[0]["subjects"] if rows else 0
    next_possible = _by_route(account, caps, now)
    rules = [{"rule": c.name, "title": c.title, "scope": c.scope, "window": c.window.name} for c in caps_of(account, now)]
    return QuotaExplained(
        account.key,
        account.name,
        account.id,
        account.channel,
        account.kind,
        account.zone,
        now,
        caps,
        subjects,
        next_possible,
        rules,
    )


def _by_route(account: Account, caps: Sequence[CapExplained], now: datetime) -> dict[str, datetime]:
    free = {cap.rule: cap.next_possible_at for cap in caps if cap.scope == "account"}
    routes = caps_by_route(account, now)
    return {route: max((free.get(cap.name, now) for cap in of), default=now) for route, of in routes.items()}


def _subjects(account: Account, cap: Cap, now: datetime) -> Sequence[RowMapping]:
    since = cap.window.since(now, account.zone)
    values = {"account": account.id, "rule": cap.name, "since": since, "most": MOST_SUBJECTS}
    return db.session.execute(SUBJECTS, values).mappings().all()


def _explained(account: Account, cap: Cap, rows: Sequence[RowMapping], now: datetime) -> list[CapExplained]:
    ids = [id for row in rows for id in row["ids"]]
    uses, holds, outside = _uses(ids), _holds(ids), _outside(ids)
    found = [_one(account, cap, now, row, uses[row["subject"]], holds[row["subject"]], outside[row["subject"]]) for row in rows]
    if cap.scope == "account" and not found:
        return [_one(account, cap, now, {"subject": "", "used": 0, "reserved": 0, "external": 0}, [], [], [])]
    return found


def _one(account: Account, cap: Cap, now: datetime, row: Any, uses: Any, holds: Any, outside: Any) -> CapExplained:
    used, reserved, external = (int(row[name]) for name in ("used", "reserved", "external"))
    left = max(cap.amount - used - reserved - external, 0)
    resets = (
        resets_at(account, cap, row["subject"], now) if used + reserved + external else cap.window.bounds(now, account.zone)[1]
    )
    return CapExplained(
        rule=cap.name,
        title=cap.title,
        scope=cap.scope,
        subject=row["subject"],
        window=cap.window.name,
        unit=cap.unit,
        amount=cap.amount,
        source=cap.source,
        in_force_from=cap.in_force[0],
        in_force_until=cap.in_force[1],
        since=cap.window.since(now, account.zone),
        resets_at=resets,
        used=used,
        reserved=reserved,
        external=external,
        left=left,
        next_possible_at=now if left else resets,
        uses=uses,
        holds=holds,
        outside=outside,
    )


def _uses(ids: list[int]) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = defaultdict(list)
    for row in db.session.execute(USES, {"ids": ids}):
        use = Use(row.campaign or 0, row.name or "", row.dispatch_id or 0, int(row.units), row.since, row.until)
        found[row.subject].append(use)
    return found


def _holds(ids: list[int]) -> dict[str, list[Hold]]:
    rows = db.session.execute(HOLDS, {"ids": ids}).all()
    deliveries: dict[int, list[dict[str, Any]]] = defaultdict(list)
    values = {"dispatches": [row.dispatch_id for row in rows], "leases": [row.lease_id for row in rows], "most": MOST_DELIVERIES}
    for one in db.session.execute(HELD, values):
        deliveries[one.reserved_by].append({"id": one.id, "target": one.target, "state": one.state, "code": one.code})
    found: dict[str, list[Hold]] = defaultdict(list)
    for row in rows:
        held = [one for one in deliveries[row.lease_id] if row.subject in ("", one["target"])]
        worker = row.worker or ""
        hold = Hold(row.campaign or 0, row.name or "", row.dispatch_id or 0, worker, int(row.units), row.since, held)
        found[row.subject].append(hold)
    return found


def _outside(ids: list[int]) -> dict[str, list[Outside]]:
    found: dict[str, list[Outside]] = defaultdict(list)
    for row in db.session.execute(OUTSIDE, {"ids": ids}):
        found[row.subject].append(Outside(row.units, row.at, row.noted_at, row.source, row.reason, row.member))
    return found
