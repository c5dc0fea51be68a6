"""Whose turn it is, since when and until when: the list of reviews, and reminders of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from saas.campaigns.approving import campaign_for, reached
from saas.campaigns.models import Campaign
from saas.campaigns.reviewing import standing_of
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, NotFound
from saas.review.models import ReviewReminder
from saas.tenants import audit
from saas.tenants.actor import Actor

MOST = 300
OPEN = text("""
  SELECT c.id AS campaign, c.name, c.version, w.name AS author, c.created_at, c.due_at, c.max_lateness,
    c.draft -> 'schedule' ->> 'form' AS form, o.stage, o.kind, o.hours, k.name AS client, o.client_id,
    NOT is_author(c, :member) AND (may_sign(o, :member) OR EXISTS (
      SELECT 1 FROM review_delegations g WHERE g.substitute_id = :member AND NOT is_author(c, g.member_id)
        AND stands_in(o, :member, g.member_id)))
      AND NOT (coalesce((SELECT f.distinct_people FROM campaign_flows f WHERE f.campaign_id = c.id), false) AND EXISTS (
        SELECT 1 FROM approvals a WHERE a.campaign_id = c.id AND a.digest = c.digest AND a.decision = 'approved'
          AND :member IN (a.member_id, a.on_behalf_of))) AS mine,
    open_since(c, o) AS since,
    (SELECT max(r.at) FROM review_reminders r WHERE r.campaign_id = c.id AND r.stage = o.stage) AS reminded,
    (SELECT string_agg(m.name, '、' ORDER BY m.name) FROM members m WHERE may_sign(o, m.id) AND NOT is_author(c, m.id)) AS people,
    open_warnings(c) AS warnings,
    CASE WHEN (SELECT EXISTS (SELECT 1 FROM approval_lines)) THEN is_held(c, o) ELSE false END AS held
  FROM campaigns c CROSS JOIN LATERAL open_stages(c) o JOIN members w ON w.id = c.author_id
    LEFT JOIN clients k ON k.id = o.client_id
  WHERE c.id IN (SELECT n.id FROM campaigns n WHERE n.state = 'awaiting_approval' ORDER BY n.id DESC LIMIT :most)
  ORDER BY open_since(c, o) + o.hours * interval '1 hour', c.id""")
MINE = text("""
  SELECT count(*) FROM campaigns c CROSS JOIN LATERAL open_stages(c) o
  WHERE c.id IN (SELECT n.id FROM campaigns n WHERE n.state = 'awaiting_approval' ORDER BY n.id DESC LIMIT :most)
      AND NOT is_author(c, :member) AND may_sign(o, :member)
      AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.campaign_id = c.id AND a.digest = c.digest
        AND a.decision = 'approved' AND a.member_id = :member)""")


@dataclass(frozen=True, slots=True)
class ToSign:
    """A stage whose turn it is. ``mine``: the actor can sign it. ``missed``: too late for the campaign's own time.
    ``held``: decided in a platform's approval.
    """

    campaign: int
    name: str
    version: int
    author: str
    stage: int
    kind: str
    client: str
    people: str
    since: datetime
    due_at: datetime
    overdue: bool
    sends_at: datetime
    missed: bool
    reminded_at: datetime | None
    warnings: int
    mine: bool
    held: bool


def list_reviews(actor: Actor, mine: bool = False) -> list[ToSign]:
    """Every open stage, the most urgent first; a client's user sees their brand's own. ``mine``: what waits for the actor."""
    actor.need("sign" if actor.client_id else "see_accounts")
    now = clock.now()
    rows = db.session.execute(OPEN, {"member": actor.member_id, "most": MOST})
    found = [_to_sign(row, now) for row in rows if actor.client_id in (None, row.client_id)]
    return [one for one in found if one.mine] if mine or actor.client_id else found


def count_mine(actor: Actor) -> int:
    """How many stages wait for the actor: the number at the navigation."""
    if not actor.may("sign"):
        return 0
    return int(db.session.scalar(MINE, {"member": actor.member_id, "most": MOST}) or 0)


def _to_sign(row: Any, now: datetime) -> ToSign:
    due = row.since + timedelta(hours=row.hours)
    return ToSign(
        campaign=row.campaign,
        name=row.name,
        version=row.version,
        author=row.author,
        stage=row.stage,
        kind=row.kind,
        client=row.client or "",
        people=row.people or "",
        since=row.since,
        due_at=due,
        overdue=now > due,
        sends_at=row.due_at,
        missed=row.form != "now" and now >= row.due_at + row.max_lateness,
        reminded_at=row.reminded,
        warnings=row.warnings,
        mine=row.mine,
        held=row.held,
    )


def remind(actor: Actor, campaign_id: int) -> int:
    """Remind those whose turn it is, in their list and in the audit trail; how many stages. Conflict when nothing is open."""
    actor.need("see_accounts")
    with transaction() as session:
        campaign = campaign_for(campaign_id, lock=True)
        stages = [stage.stage for stage in standing_of(campaign) if stage.open]
        if campaign.state != "awaiting_approval" or not stages:
            raise Conflict("not_waiting", ("此活动现在不在等待审批", "this campaign is not waiting for approval"))
        for stage in stages:
            session.add(ReviewReminder(campaign_id=campaign.id, stage=stage, member_id=actor.member_id))
        audit.note(actor, "review.remind", str(campaign.id), stages=stages)
        return len(stages)


def check_seen(actor: Actor, campaign_id: int) -> Campaign:
    """The campaign, if the actor may look at its review. NotFound for other clients'."""
    campaign = campaign_for(campaign_id)
    if actor.client_id and actor.client_id not in reached(campaign_id):
        raise NotFound(("活动", "campaign"), campaign_id)
    return campaign
