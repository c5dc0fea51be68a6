"""A new version of a campaign in place of one that has not gone out: the old one is closed, nobody has signed the new one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text

from saas.campaigns.approving import campaign_for
from saas.campaigns.models import Campaign
from saas.kernel.database import db
from saas.kernel.errors import Conflict
from saas.tenants import audit
from saas.tenants.actor import Actor

STATES = ("awaiting_approval", "approved", "rejected")


def replaceable(campaign_id: int) -> list[int]:
    """Every version of the campaign, when a new one may still take its place. NotFound, Conflict."""
    campaign = campaign_for(campaign_id)
    _check(campaign)
    root = campaign.root_id or campaign.id
    return list(db.session.scalars(select(Campaign.id).where((Campaign.id == root) | (Campaign.root_id == root))))


def supersede(actor: Actor, campaign_id: int) -> dict[str, Any]:
    """Close the version for good, in the running transaction; what the new one must know of it."""
    old = campaign_for(campaign_id, lock=True)
    db.session.refresh(old)
    _check(old)
    old.state = "cancelled"
    db.session.flush()
    close = text("SELECT close_due(id, 'cancelled', 'cancelled', '') FROM dispatches WHERE campaign_id = :id ORDER BY id")
    db.session.execute(close, {"id": old.id})
    audit.note(actor, "campaigns.revise", str(old.id), version=old.version + 1)
    return {
        "revises": old.id,
        "root_id": old.root_id or old.id,
        "version": old.version + 1,
        "send_when_approved": old.send_when_approved,
    }


def _check(campaign: Campaign) -> None:
    follower = db.session.scalar(select(Campaign.id).where(Campaign.revises == campaign.id))
    if follower is not None:
        message = (f"已有更新的版本：活动 {follower}", f"there is a newer version: campaign {follower}")
        raise Conflict("superseded", message, ("请修改最新的版本", "revise the newest version"), newest=follower)
    if campaign.state not in STATES:
        message = ("已发送或取消的活动不能再改", "what was sent or cancelled is not changed any more")
        raise Conflict("not_revisable", message, ("另建一个活动", "make another campaign"), state=campaign.state)
