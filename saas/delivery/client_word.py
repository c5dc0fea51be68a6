"""The word of a client's person who came by a one-time link; the last one may let the campaign go."""

from __future__ import annotations

from saas.campaigns.approving import campaign_for, refuse_late, settle
from saas.campaigns.holding import check_hold
from saas.campaigns.links import Guest, guest, refuse_closed
from saas.campaigns.reviewing import standing_of
from saas.delivery.release import go_if_asked
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid
from saas.review.models import Approval
from saas.tenants import audit


def decide_by_link(link_id: int, secret: str, digest: str, approved: bool, note: str) -> bool:
    """Say the client's word on exactly ``digest``; whether the campaign goes out with it. Conflict when the link is over.

    In the scope of the link's tenant. The database compares the secret itself and lets a link decide once.
    """
    if not approved and not note.strip():
        raise Invalid("note", ("退回时请写明原因", "say why it goes back"), field="note")
    with transaction():
        who = guest(link_id)
        campaign = campaign_for(who.campaign, lock=True)
        db.session.refresh(campaign)
        _check(guest(link_id), digest)
        if approved:
            refuse_late(campaign, clock.now())
            check_hold(campaign, who.stage, None)
        word = Approval(
            campaign_id=campaign.id,
            link_id=who.link,
            link_secret=secret,
            stage=who.stage,
            decision="approved" if approved else "rejected",
            digest=digest,
            note=note.strip(),
        )
        db.session.add(word)
        db.session.flush()
        audit.note(None, "campaigns.sign_by_link", str(campaign.id), link=who.link, person=who.person, decision=word.decision)
        if not approved:
            campaign.approved_digest, campaign.state = None, "rejected"
            return False
        return settle(campaign) and go_if_asked(None, campaign)


def _check(who: Guest, digest: str) -> None:
    refuse_closed(who)
    if digest != who.digest:
        remedy = ("请重新打开链接查看", "open the link again and look")
        raise Conflict("changed", ("内容在您查看之后已改变", "it has changed since you saw it"), remedy)
    campaign = campaign_for(who.campaign)
    if not any(stage.stage == who.stage and stage.open for stage in standing_of(campaign)):
        message = ("机构内部还没有审完，轮到您时再来", "the agency has not signed yet; come back when it is your turn")
        raise Conflict("not_your_turn", message, ("稍后再打开这个链接", "open this link again later"))
