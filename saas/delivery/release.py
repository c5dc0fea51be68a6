"""Letting an approved campaign go, and stopping what has not gone yet."""

from __future__ import annotations

from functools import cache

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from saas.campaigns import approving
from saas.campaigns.approving import campaign_for, refuse_late
from saas.campaigns.models import Campaign
from saas.delivery.ring import wake
from saas.delivery.tally import Tally, settled
from saas.kernel import clock, failpoints
from saas.kernel.database import after_commit, db, transaction
from saas.kernel.errors import Conflict
from saas.kernel.redis_server import connect
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor


def approve(actor: Actor, campaign_id: int, digest: str, note: str = "", go: bool = True) -> bool:
    """Sign what was seen; a campaign that only waited for this word goes out (unless not ``go``). Whether it did.

    The last word and the release are one transaction: whatever dies, there are both or neither."""
    with transaction():
        if not approving.sign(actor, campaign_id, digest, note) or not go:
            return False
        return go_if_asked(actor, campaign_for(campaign_id))


def go_if_asked(actor: Actor | None, campaign: Campaign) -> bool:
    """Let an approved campaign go that only waited for its last word, in the running transaction. Whether it went.

    ``actor`` None: the last word came by a client's link; who asked for the sending stands in the audit trail."""
    if not campaign.send_when_approved:
        return False
    _let_go(actor, campaign)
    return True


def ask_to_send(actor: Actor, campaign_id: int) -> None:
    """The author wants it out as soon as a second person has approved it."""
    actor.need("send")
    with transaction():
        campaign_for(campaign_id, lock=True).send_when_approved = True
        audit.note(actor, "campaigns.ask_to_send", str(campaign_id))


def release(actor: Actor, campaign_id: int) -> None:
    """Start sending at the campaign's time. Conflict unless it is approved as it stands; the database refuses as well."""
    actor.need("send")
    with transaction():
        campaign = campaign_for(campaign_id, lock=True)
        _let_go(actor, campaign)


def _let_go(actor: Actor | None, campaign: Campaign) -> None:
    if campaign.state != "approved":
        raise _not_approved(campaign.state)
    now = clock.now()
    refuse_late(campaign, now)
    if campaign.draft.get("schedule", {}).get("form") == "now":
        campaign.due_at = now
    campaign.state, campaign.released_at = "released", now
    db.session.flush()
    db.session.execute(
        text("UPDATE dispatches SET wake_at = :due WHERE campaign_id = :id AND open_rows > 0"),
        {"due": campaign.due_at, "id": campaign.id},
    )
    audit.note(actor, "campaigns.send", str(campaign.id), digest=campaign.digest)
    failpoints.reach("in_release")
    tenant = campaign.tenant_id
    after_commit(lambda: ring_for(tenant))


def _not_approved(state: str) -> Conflict:
    if state == "awaiting_approval":
        message = ("审批还没有完成", "it is not approved by everybody yet")
        remedy = ("在“待审”里看轮到谁，签完再发送", "the list of reviews says whose turn it is; send it when all have signed")
        return Conflict("waiting_for_approval", message, remedy, state=state)
    if state == "released":
        return Conflict("already_sent", ("此活动已经发送", "this campaign has been sent already"), state=state)
    return Conflict("not_sendable", ("此活动已退回或取消", "this campaign was rejected or cancelled"), state=state)


def cancel(actor: Actor, campaign_id: int) -> Tally:
    """Stop everything that has not gone out. What is out is counted as it is; what may be out becomes unknown.

    A campaign of which nothing is left to stop stays what it is."""
    actor.need("recall")
    with transaction():
        campaign = campaign_for(campaign_id, lock=True)
        dispatches = _of(campaign.id)
        if campaign.state != "cancelled" and not _over(campaign):
            campaign.state = "cancelled"
            db.session.flush()
            for dispatch in dispatches:
                db.session.execute(text("SELECT close_due(:id, 'cancelled', 'cancelled', '')"), {"id": dispatch})
        audit.note(actor, "campaigns.cancel", str(campaign.id))
    return settled(dispatches)


def _of(campaign: int) -> list[int]:
    return list(db.session.scalars(text("SELECT id FROM dispatches WHERE campaign_id = :id ORDER BY id"), {"id": campaign}))


def _over(campaign: Campaign) -> bool:
    """Whether it was sent, and nothing of it is due or on its way."""
    query = text("SELECT NOT EXISTS (SELECT 1 FROM dispatches WHERE campaign_id = :id AND open_rows > 0)")
    return campaign.state == "released" and bool(db.session.scalar(query, {"id": campaign.id}))


def ring_for(tenant: int) -> None:
    """Wake a worker now. Without Redis the scheduler finds the work by itself, a little later."""
    failpoints.reach("after_release")
    try:
        wake(_redis(settings().redis_url), [tenant])
    except RedisError:
        return


@cache
def _redis(url: str) -> Redis:
    """One client a process; its pool survives forks."""
    return connect(url)
