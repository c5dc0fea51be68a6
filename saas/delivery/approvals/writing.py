"""What an application says, of whom and to whom, from the rows as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from saas.campaigns.models import Campaign
from saas.channels.approval import Application
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.settings import settings
from saas.review.applications import ApprovalLine, StageApplication
from saas.review.stages import KINDS

ZONE = ZoneInfo("Asia/Shanghai")
MOST = 30
GOES_TO = text("""SELECT a.name, d.intended FROM dispatches d JOIN accounts a ON a.id = d.account_id
  WHERE d.campaign_id = :campaign ORDER BY d.id""")
APPROVERS = text("""
  SELECT p.person FROM campaigns c CROSS JOIN LATERAL all_stages(c) s JOIN approval_people p ON p.account_id = :account
  WHERE c.id = :campaign AND s.stage = :stage AND NOT is_author(c, p.member_id) AND NOT is_author(c, p.made_by)
    AND (may_sign(s, p.member_id) OR EXISTS (SELECT 1 FROM review_delegations g WHERE g.substitute_id = p.member_id
           AND NOT is_author(c, g.member_id) AND stands_in(s, p.member_id, g.member_id)))
    AND NOT (coalesce((SELECT f.distinct_people FROM campaign_flows f WHERE f.campaign_id = c.id), false) AND EXISTS (
      SELECT 1 FROM approvals a WHERE a.campaign_id = c.id AND a.digest = c.digest AND a.decision = 'approved'
        AND p.member_id IN (a.member_id, a.on_behalf_of)))
  ORDER BY p.id""")
KIND = text("SELECT s.kind FROM campaigns c CROSS JOIN LATERAL all_stages(c) s WHERE c.id = :campaign AND s.stage = :stage")
AUTHOR = text("SELECT person FROM approval_people WHERE account_id = :account AND member_id = :member")


def written(row: StageApplication, campaign: Campaign, line: ApprovalLine) -> Application:
    """The application of a row. Without approvers where the template has its own, and where nobody who may sign is known."""
    places: Mapping[str, Any] = {"campaign": campaign.id, "stage": row.stage, "account": line.account_id}
    approvers = () if line.own_flow else tuple(db.session.scalars(APPROVERS, places))
    at = None if campaign.draft.get("schedule", {}).get("form") == "now" else campaign.due_at
    return Application(
        key=row.key,
        template=line.template,
        says=_says(campaign, db.session.execute(KIND, places).scalar_one()),
        places=line.places,
        applicant=row.applicant or _applicant(campaign, line),
        approvers=approvers,
        asked_at=row.submitted_at or clock.now(),
        at=at,
    )


def _applicant(campaign: Campaign, line: ApprovalLine) -> str:
    """Who wrote it, where they are known there; else whom the line names."""
    known = db.session.scalar(AUTHOR, {"account": line.account_id, "member": campaign.author_id})
    return str(known or line.applicant)


def _says(campaign: Campaign, kind: str) -> dict[str, str]:
    rows = db.session.execute(GOES_TO, {"campaign": campaign.id}).all()
    goes = [f"{row.name}（{row.intended} 人）" for row in rows[:MOST]]
    more = [f"等 {len(rows)} 个账号"] if len(rows) > MOST else []
    due = campaign.due_at.astimezone(ZONE)
    now = campaign.draft.get("schedule", {}).get("form") == "now"
    return {
        "title": f"{campaign.name} · {KINDS[kind][0]} · 第 {campaign.version} 版",
        "accounts": "\n".join([*goes, *more]),
        "time": "批准后立即发送" if now else f"{due:%Y-%m-%d %H:%M}",
        "link": f"{settings().base_url}/campaigns/{campaign.id}/review",
    }
