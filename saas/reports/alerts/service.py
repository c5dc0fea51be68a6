"""Alerts as members see them: what is open, who was told, and silencing it for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.reports.alerts.kinds import KINDS
from saas.reports.alerts.wording import Told, title_of, what_of
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Tenant

MOST = 200
LONGEST_HOURS = 31 * 24
LIST = text("""
  SELECT a.id, a.kind, a.subject, a.facts, a.since, a.campaign_id, a.client_id, a.account_id, a.opened_at, a.closed_at,
    a.closed_for, a.closed_at IS NULL AND is_silenced(a, :now) AS silenced, n.told, n.perhaps, n.failed, n.waiting
  FROM alerts a LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'told') AS told, count(*) FILTER (WHERE state = 'perhaps') AS perhaps,
      count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state IN ('due', 'held', 'trying')) AS waiting
    FROM alert_notices WHERE alert_id = a.id AND what = 'open') n ON true
  WHERE a.kind NOT IN ('report', 'invitation') AND (CAST(:kind AS text) IS NULL OR a.kind = :kind)
    AND CASE WHEN :open THEN a.closed_at IS NULL ELSE a.closed_at > :since END
  ORDER BY a.closed_at DESC NULLS FIRST, a.opened_at DESC, a.id DESC LIMIT :most""")
SILENCES = text("""
  SELECT s.id, s.kind, s.subject, s.reason, s.until_at, s.at, m.name AS by, coalesce(k.name, '') AS client
  FROM alert_silences s JOIN members m ON m.id = s.member_id LEFT JOIN clients k ON k.id = s.client_id
  WHERE s.ended_at IS NULL AND s.until_at > :now ORDER BY s.id DESC LIMIT 100""")


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``told``, ``perhaps``, ``failed``, ``waiting``: how many recipients heard of it, may have, did not, will."""

    id: int
    kind: str
    subject: str
    title: Words
    about: Words
    what: Words
    client: str
    path: str
    since: datetime
    opened_at: datetime
    closed_at: datetime | None
    closed_for: str
    silenced: bool
    told: int
    perhaps: int
    failed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Silence:
    """What nobody hears of, until when, and why; empty ``kind`` and ``subject``: everything."""

    id: int
    kind: str
    subject: str
    client: str
    reason: str
    until_at: datetime
    by: str
    at: datetime


def list_alerts(actor: Actor, kind: str | None = None, closed: bool = False, most: int = MOST) -> list[Alert]:
    """What is open, the newest first; or what was closed in the last seven days. Forbidden for a client's user."""
    actor.need("see_accounts")
    now = clock.now()
    values = {"now": now, "kind": kind or None, "open": not closed, "since": now - timedelta(days=7), "most": most}
    zone = db.session.get_one(Tenant, actor.tenant_id).zone
    return [_alert(row, zone) for row in db.session.execute(LIST, values) if row.kind in KINDS]


def _alert(row: Any, zone: str) -> Alert:
    one = Told(row.kind, row.subject, row.facts, row.since, row.campaign_id, row.client_id, row.account_id)
    return Alert(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        title=KINDS[row.kind].title,
        about=title_of(one),
        what=what_of(one, zone),
        client=str(row.facts.get("client") or ""),
        path=one.path,
        since=row.since,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closed_for=row.closed_for,
        silenced=row.silenced,
        told=row.told,
        perhaps=row.perhaps,
        failed=row.failed,
        waiting=row.waiting,
    )


def list_silences(actor: Actor) -> list[Silence]:
    """What is silenced now, the newest first."""
    actor.need("see_accounts")
    rows = db.session.execute(SILENCES, {"now": clock.now()}).mappings()
    return [Silence(**row) for row in rows]


def silence(actor: Actor, hours: float, reason: str, kind: str = "", subject: str = "", client_id: int | None = None) -> Silence:
    """Let nobody hear of it for some hours; the alerts stay listed, and what is open afterwards is told. Invalid, NotFound."""
    actor.need("send")
    _check(kind, hours, reason)
    if client_id is not None and not db.session.scalar(text("SELECT id FROM clients WHERE id = :id"), {"id": client_id}):
        raise NotFound(("客户", "client"), client_id)
    with transaction() as session:
        made = session.execute(
            text(
                "INSERT INTO alert_silences (kind, subject, client_id, reason, until_at, member_id, at)"
                " VALUES (:kind, :subject, :client, :reason, :until, :member, :now) RETURNING id"
            ),
            {
                "kind": kind,
                "subject": subject,
                "client": client_id,
                "reason": reason.strip(),
                "until": clock.now() + timedelta(hours=hours),
                "member": actor.member_id,
                "now": clock.now(),
            },
        ).scalar_one()
        audit.note(actor, "alerts.silence", f"silence:{made}", kind=kind, about=subject, client=client_id, hours=hours)
    return next(one for one in list_silences(actor) if one.id == made)


def end_silence(actor: Actor, silence_id: int) -> None:
    """Let it be heard of again. NotFound."""
    actor.need("send")
    with transaction() as session:
        ended = session.execute(
            text("UPDATE alert_silences SET ended_at = :now WHERE id = :id AND ended_at IS NULL RETURNING id"),
            {"now": clock.now(), "id": silence_id},
        ).first()
        if ended is None:
            raise NotFound(("静音", "silence"), silence_id)
        audit.note(actor, "alerts.unsilence", f"silence:{silence_id}")


def _check(kind: str, hours: float, reason: str) -> None:
    if kind and kind not in KINDS:
        known = ", ".join(KINDS)
        raise Invalid(
            "unknown_rule",
            (f"没有告警规则“{kind}”", f"there is no alert rule '{kind}'"),
            (f"可选：{known}", f"one of {known}"),
            "kind",
        )
    if not 0 < hours <= LONGEST_HOURS:
        words = ("静音时间要在 31 天以内", "a silence lasts at most 31 days")
        raise Invalid("bad_hours", words, ("例如 4", "such as 4"), "hours")
    if not reason.strip() or len(reason) > 500:
        raise Invalid(
            "reason_missing",
            ("请写明原因（最多 500 字）", "say why, in 500 characters at most"),
            ("例如：平台维护", "such as: maintenance"),
            "reason",
        )
