"""The second person's word. The database keeps the rule as well: see ``guard_approval`` in the schema."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from saas.campaigns.models import Campaign
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Forbidden, NotFound
from saas.review.models import Approval
from saas.tenants import audit
from saas.tenants.actor import Actor

ZONE = ZoneInfo("Asia/Shanghai")


def campaign_for(campaign_id: int, lock: bool = False) -> Campaign:
    """The campaign of the tenant in scope. NotFound."""
    query = select(Campaign).where(Campaign.id == campaign_id)
    campaign = db.session.scalar(query.with_for_update() if lock else query)
    if campaign is None:
        raise NotFound(("活动", "campaign"), campaign_id)
    return campaign


def approve(actor: Actor, campaign_id: int, digest: str, note: str = "") -> None:
    """Approve exactly what was seen (``digest``). Forbidden for the author; Conflict when it has changed meanwhile."""
    with transaction():
        campaign = _to_decide(actor, campaign_id, digest)
        refuse_late(campaign, clock.now())
        db.session.add(
            Approval(campaign_id=campaign.id, member_id=actor.member_id, decision="approved", digest=digest, note=note)
        )
        db.session.flush()
        campaign.approved_digest = digest
        campaign.state = "approved"
        audit.note(actor, "campaigns.approve", str(campaign.id), digest=digest)
        failpoints.reach("in_approve")


def refuse_late(campaign: Campaign, now: datetime) -> None:
    """Conflict when the campaign's time is over with all its lateness: nothing of it would go out."""
    if campaign.draft.get("schedule", {}).get("form") == "now" or now < campaign.due_at + campaign.max_lateness:
        return
    planned, last = (moment.astimezone(ZONE) for moment in (campaign.due_at, campaign.due_at + campaign.max_lateness))
    message = (
        f"已错过：计划 {planned:%Y-%m-%d %H:%M}，最晚 {last:%Y-%m-%d %H:%M}（北京时间）",
        f"missed: planned {planned:%Y-%m-%d %H:%M}, at the latest {last:%Y-%m-%d %H:%M} (Beijing time)",
    )
    remedy = ("请退回，改成新的时间后重新提交", "reject it; plan it again with a new time")
    raise Conflict("too_late", message, remedy, due_at=campaign.due_at.isoformat(), latest=last.isoformat())


def reject(actor: Actor, campaign_id: int, digest: str, note: str) -> None:
    """Send it back, with a reason."""
    with transaction():
        campaign = _to_decide(actor, campaign_id, digest)
        db.session.add(
            Approval(campaign_id=campaign.id, member_id=actor.member_id, decision="rejected", digest=digest, note=note)
        )
        campaign.approved_digest, campaign.state = None, "rejected"
        audit.note(actor, "campaigns.reject", str(campaign.id), digest=digest)


def _to_decide(actor: Actor, campaign_id: int, digest: str) -> Campaign:
    actor.need("approve")
    campaign = campaign_for(campaign_id, lock=True)
    if campaign.author_id == actor.member_id:
        message = ("作者不能审批自己的活动", "the author may not approve their own campaign")
        raise Forbidden(message, ("请另一位审核人审批", "another reviewer must approve it"))
    if campaign.state != "awaiting_approval":
        raise Conflict("not_waiting", ("此活动现在不在等待审批", "this campaign is not waiting for approval"))
    if campaign.digest != digest:
        message = ("内容在您查看之后已改变", "it has changed since you saw it")
        raise Conflict("changed", message, ("请重新查看后再审批", "look at it again, then decide"), digest=campaign.digest)
    return campaign
