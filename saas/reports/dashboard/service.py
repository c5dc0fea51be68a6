"""The dashboard of an agency: one question a box, over indexes, so that it may be asked every few seconds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from saas.accounts.channels import registry
from saas.accounts.words import trouble_words
from saas.campaigns.to_sign import count_mine
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Words
from saas.reports.alerts.ruling import list_rules
from saas.reports.alerts.service import list_alerts
from saas.reports.alerts.unusual import AGE_HOURS, FLOOR, LAST, LEAST
from saas.reports.alerts.wording import cap_title
from saas.reports.dashboard.boxes import CapNear, Caps, Dashboard, Going, Heads, Sends, Troubled, Troubles, Waits
from saas.reports.states import Numbers, campaign_state, dispatch_state
from saas.tenants.actor import Actor
from saas.tenants.models import Tenant

LISTED = 8
NEAR = 80
"""Percent of a cap from which it is nearly used up."""
GOING = frozenset({"sending", "accepted", "awaiting"})
DONE = frozenset({"sent", "recalled"})
SENDS = text("""
  SELECT c.id, c.name, c.state, c.due_at, d.id AS dispatch, d.unit, d.intended, d.accepted, d.delivered, d.failed, d.skipped,
    d.unknown, d.awaiting, d.recalled, d.open_rows, d.code, d.wake_at
  FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id
  WHERE c.due_at >= :begins AND c.due_at < :ends AND c.state <> 'rejected'
    AND (c.released_at IS NOT NULL OR c.state IN ('awaiting_approval', 'approved'))
    AND (c.state <> 'cancelled' OR d.skipped < d.intended)
  ORDER BY c.due_at, c.id""")
CAPS = text("""
  SELECT * FROM (
    SELECT a.key AS account, a.name, k.name AS client, a.channel, w.*,
      count(*) FILTER (WHERE w.taken >= w.amount) OVER () AS none_left, count(*) OVER () AS listed
    FROM (SELECT q.account_id, q.rule, sum(q.used + q.reserved + q.external)::int AS taken, max(q.cap) AS amount,
            max(q.ends_at) AS resets_at FROM quota_windows q WHERE q.subject = '' AND q.ends_at > :now AND q.starts_at <= :now
            AND q.ends_at - q.starts_at >= interval '12 hours' GROUP BY 1, 2) w
    JOIN accounts a ON a.id = w.account_id JOIN clients k ON k.id = a.client_id
    WHERE w.taken * 100 >= :near * w.amount) x
  ORDER BY x.taken::float8 / greatest(x.amount, 1) DESC, x.amount DESC, x.account_id, x.rule LIMIT :most""")
TROUBLES = text("""
  SELECT x.*, count(*) OVER (PARTITION BY x.why) AS alike FROM (
    SELECT a.key AS account, a.name, k.name AS client, a.channel, a.trouble, s.reason,
      CASE WHEN a.status = 'broken' THEN 'broken' WHEN a.status = 'stopped' THEN 'off' WHEN s.id IS NOT NULL THEN 'stopped'
        ELSE 'risk' END AS why
    FROM accounts a JOIN clients k ON k.id = a.client_id LEFT JOIN LATERAL (
      SELECT t.id, t.reason FROM stops t WHERE t.lifted_at IS NULL AND (t.scope = 'tenant' OR t.client_id = a.client_id
        OR t.account_id = a.id OR a.channel = ANY (t.channels)) ORDER BY t.id LIMIT 1) s ON true
    WHERE a.status <> 'active' OR s.id IS NOT NULL
      OR (a.risk_accepted_at IS NULL AND (a.channel || '/' || a.kind) = ANY (CAST(:risky AS text[])))) x
  ORDER BY array_position(ARRAY['broken', 'off', 'risk', 'stopped'], x.why), x.client, x.account""")
WAITS = text("""
  SELECT w.*, u.*, (SELECT count(*) FROM campaigns WHERE state = 'awaiting_approval' AND due_at + max_lateness > :now) AS reviews
  FROM (SELECT count(*) AS confirmations, coalesce(sum(e.awaiting), 0) AS confirm_people, min(e.awaiting_until) AS confirm_by
        FROM dispatches d JOIN deliveries e ON e.dispatch_id = d.id AND e.state = 'awaiting' WHERE d.awaiting > 0) w,
    (SELECT count(*) AS unknowns, coalesce(sum(unknown), 0) AS unknown_people,
       min(coalesce(accepted_at, started_at)) AS unknown_since
     FROM deliveries WHERE unknown > 0) u""")
WHY: dict[str, Words] = {
    "off": ("已停用", "switched off"),
    "stopped": ("发送已停止", "sending is stopped"),
    "risk": ("还没有人接受这类账号的风险", "nobody has accepted what its kind risks"),
}


def dashboard(actor: Actor) -> Dashboard:
    """Today at a glance, for the agency's own people. Forbidden for a client's user."""
    actor.need("see_accounts")
    now, zone = clock.now(), db.session.get_one(Tenant, actor.tenant_id).zone
    alerts = list_alerts(actor)
    other = tuple(one for one in alerts if one.kind != "figure")
    local = now.astimezone(ZoneInfo(zone))
    return Dashboard(
        day=local.date(),
        zone=zone,
        at=now,
        sends=_sends(now, zone),
        caps=_caps(now),
        troubles=_troubles(),
        waits=_waits(actor, now),
        unusual=tuple(one for one in alerts if one.kind == "figure")[:LISTED],
        alerts=other[:LISTED],
        alerts_open=len(alerts),
        test=test_words(next(view.rule.threshold for view in list_rules(actor) if view.kind.name == "figure")),
    )


def test_words(threshold: float) -> Words:
    """What makes a figure unusual, so that whoever reads it can reckon it again."""
    return (
        f"与该账号此前最多 {LAST} 次发送的中位数相比（至少 {LEAST} 次），修正 z 值（中位数与绝对中位差）≥ {threshold:g}，"
        f"且相差 ≥ {FLOOR * 100:g} 个百分点；打开率取发送后 {AGE_HOURS} 小时的数",
        f"against the median of the account's last {LAST} sends at most ({LEAST} at least): modified z-score (median and MAD)"
        f" ≥ {threshold:g} and {FLOOR * 100:g} points off or more; open rates as they stood {AGE_HOURS} hours after",
    )


def _sends(now: datetime, zone: str) -> Sends:
    begins = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = (begins + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    rows = db.session.execute(SENDS, {"begins": begins, "ends": ends}).all()
    numbers = [(row, _numbers(row)) for row in rows]
    states = [(row, n, dispatch_state(n, now)) for row, n in numbers]
    counts = Counter(_stage(state) for _, _, state in states)
    return Sends(
        counts["planned"],
        counts["going"],
        counts["done"],
        counts["failed"],
        _heads(n for row, n in numbers if row.unit == "person"),
        _heads(n for row, n in numbers if row.unit == "group"),
        tuple(_campaigns(states, now)),
    )


def _numbers(row: Any) -> Numbers:
    return Numbers(
        row.state, row.intended, row.accepted, row.delivered, row.failed, row.skipped, row.unknown, row.awaiting, row.recalled,
        row.open_rows, row.code, row.wake_at, row.due_at,
    )  # fmt: skip


def _stage(state: str) -> str:
    if state in GOING:
        return "going"
    if state in DONE:
        return "done"
    return "planned" if state in ("planned", "waiting") else "failed"


def _heads(numbers: Iterable[Numbers]) -> Heads:
    listed = list(numbers)
    names = ("intended", "delivered", "failed", "unknown", "skipped", "awaiting", "in_progress")
    return Heads(*(sum(getattr(one, name) for one in listed) for name in names))


def _campaigns(states: Sequence[tuple[Any, Numbers, str]], now: datetime) -> list[Going]:
    """The day's campaigns: those under way, then those to come, then what is done, the newest first."""
    grouped: dict[int, list[tuple[Any, str]]] = defaultdict(list)
    for row, _, state in states:
        grouped[row.id].append((row, state))
    found = []
    for rows in grouped.values():
        first, own = rows[0][0], [state for _, state in rows]
        finished = sum(_stage(state) in ("done", "failed") for state in own)
        found.append(
            Going(first.id, first.name, campaign_state(first.state, own, first.due_at, now), first.due_at, len(rows), finished)
        )
    order = {"sending": 0, "waiting": 0}
    to_come = ("scheduled", "approved", "awaiting_approval")
    return sorted(found, key=lambda one: (order.get(one.state, 1 if one.state in to_come else 2), one.due_at))[:LISTED]


def _caps(now: datetime) -> Caps:
    rows = db.session.execute(CAPS, {"now": now, "near": NEAR, "most": LISTED}).all()
    if not rows:
        return Caps()
    listed = tuple(
        CapNear(r.account, r.name, r.client, r.channel, r.rule, cap_title(r.channel, r.rule), r.taken, r.amount, r.resets_at)
        for r in rows
    )
    return Caps(rows[0].none_left, rows[0].listed - rows[0].none_left, listed)


def _troubles() -> Troubles:
    risky = [f"{one.channel.name}/{kind.name}" for one in registry().all() for kind in one.channel.kinds if kind.opt_in]
    rows = db.session.execute(TROUBLES, {"risky": risky}).all()
    counts = {row.why: row.alike for row in rows}
    listed = tuple(Troubled(r.account, r.name, r.client, r.channel, r.why, _told(r)) for r in rows[:LISTED])
    return Troubles(counts.get("broken", 0), counts.get("off", 0), counts.get("stopped", 0), counts.get("risk", 0), listed)


def _told(row: Any) -> Words:
    if row.trouble:
        return trouble_words(row.trouble)
    zh, en = WHY[row.why]
    return (f"{zh}：{row.reason}", f"{en}: {row.reason}") if row.why == "stopped" and row.reason else (zh, en)


def _waits(actor: Actor, now: datetime) -> Waits:
    row = db.session.execute(WAITS, {"now": now}).one()
    return Waits(
        mine=count_mine(actor),
        reviews=row.reviews,
        confirmations=row.confirmations,
        confirm_people=row.confirm_people,
        confirm_by=row.confirm_by,
        unknowns=row.unknowns,
        unknown_people=row.unknown_people,
        unknown_since=row.unknown_since,
    )
