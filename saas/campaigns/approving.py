"""The words of those who sign. The database keeps the rules as well: see ``guard_word`` and ``guard_approval``."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from saas.campaigns.holding import ByApplication, check_hold
from saas.campaigns.models import Campaign
from saas.campaigns.reviewing import Turn, open_warnings_before, standing_of, turn_of, wrote
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Forbidden, NotFound, counted
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


def approve(actor: Actor, campaign_id: int, digest: str, note: str = "") -> bool:
    """Sign the stage whose turn it is, of exactly what was seen (``digest``). Whether that was the last word.

    Forbidden for the author and for whom the flow does not name; Conflict when it has changed meanwhile."""
    with transaction():
        return sign(actor, campaign_id, digest, note)


def sign(actor: Actor, campaign_id: int, digest: str, note: str = "", by: ByApplication | None = None) -> bool:
    """The same within the running transaction: the last word and what follows from it may be one. ``by``: where it was said."""
    campaign = _to_decide(actor, campaign_id, digest)
    refuse_late(campaign, clock.now())
    turn = _turn(actor, campaign)
    check_hold(campaign, turn.stage, by)
    if warnings := open_warnings_before(campaign, turn.stage):
        raise _warnings_stand(warnings)
    db.session.add(_word(actor, campaign, turn, "approved", note, by))
    db.session.flush()
    audit.note(actor, "campaigns.sign", str(campaign.id), digest=digest, stage=turn.kind, behalf=turn.behalf)
    if is_last := settle(campaign):
        audit.note(actor, "campaigns.approve", str(campaign.id), digest=digest)
    return is_last


def settle(campaign: Campaign) -> bool:
    """Approve the campaign once every stage has its word, in the running transaction. Whether it has."""
    failpoints.reach("in_approve")
    if any(stage.signed_at is None for stage in standing_of(campaign)):
        return False
    campaign.approved_digest, campaign.state = campaign.digest, "approved"
    db.session.flush()
    return True


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
    """Send it back, with a reason: whoever could sign the stage whose turn it is."""
    with transaction():
        send_back(actor, campaign_id, digest, note)


def send_back(actor: Actor, campaign_id: int, digest: str, note: str, by: ByApplication | None = None) -> None:
    """The same within the running transaction; a stage that is held elsewhere can be sent back here as well."""
    campaign = _to_decide(actor, campaign_id, digest)
    turn = _turn(actor, campaign)
    if by is not None:
        check_hold(campaign, turn.stage, by)
    db.session.add(_word(actor, campaign, turn, "rejected", note, by))
    db.session.flush()
    campaign.approved_digest, campaign.state = None, "rejected"
    audit.note(actor, "campaigns.reject", str(campaign.id), digest=digest, stage=turn.kind)


def _word(actor: Actor, campaign: Campaign, turn: Turn, decision: str, note: str, by: ByApplication | None) -> Approval:
    return Approval(
        application_id=by.id if by else None,
        campaign_id=campaign.id,
        member_id=actor.member_id,
        on_behalf_of=turn.behalf,
        stage=turn.stage,
        decision=decision,
        digest=campaign.digest,
        note=note,
    )


def _turn(actor: Actor, campaign: Campaign) -> Turn:
    turn = turn_of(actor, campaign)
    if isinstance(turn, Turn):
        return turn
    remedy = ("请按流程由下一位审核人审批", "whoever the flow names next signs it")
    if wrote(actor, campaign):
        raise Forbidden(turn, remedy)
    raise Conflict("not_your_turn", turn, remedy)


def _warnings_stand(count: int) -> Conflict:
    message = (f"还有 {count} 条提醒没有写明放行理由", f"{counted(count, 'warning')} stand without a reason to pass")
    remedy = ("在审批页逐条写明理由（review pass），或退回修改", "give each a reason on its page (review pass), or send it back")
    return Conflict("warnings_open", message, remedy, warnings=count)


def _to_decide(actor: Actor, campaign_id: int, digest: str) -> Campaign:
    actor.need("sign")
    campaign = campaign_for(campaign_id, lock=True)
    if actor.client_id and actor.client_id not in reached(campaign_id):
        raise NotFound(("活动", "campaign"), campaign_id)
    freeze(campaign.id)
    if campaign.state != "awaiting_approval":
        raise Conflict("not_waiting", ("此活动现在不在等待审批", "this campaign is not waiting for approval"))
    if campaign.digest != digest:
        message = ("内容在您查看之后已改变", "it has changed since you saw it")
        raise Conflict("changed", message, ("请重新查看后再审批", "look at it again, then decide"), digest=campaign.digest)
    return campaign


def freeze(campaign_id: int) -> None:
    """From now on the campaign is reviewed as its clients' flows say today, whatever they say later."""
    db.session.execute(text("SELECT freeze_flow(:id)"), {"id": campaign_id})


def reached(campaign_id: int) -> list[int]:
    """The clients whose accounts the campaign reaches."""
    return list(db.session.scalar(text("SELECT clients_of(:id)"), {"id": campaign_id}) or [])
