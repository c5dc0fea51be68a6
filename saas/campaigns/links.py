"""One-time links by which a client's person decides without signing in. Of a link's secret only the hash is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, text

from saas.campaigns.approving import campaign_for, freeze
from saas.campaigns.holding import check_hold
from saas.campaigns.models import Campaign
from saas.campaigns.reviewing import wrote
from saas.kernel import clock
from saas.kernel.database import before_tenant, db, transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Words
from saas.review.models import CampaignStage, ReviewLink
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member

LONGEST_HOURS = 30 * 24
NO_LINK = NotFound(("链接", "link"))


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as the agency sees it: whom it is for, who made it, and whether it still decides."""

    id: int
    stage: int
    client: str
    person: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    state: str


def make_link(actor: Actor, campaign_id: int, person: str, hours: int = 72, client: str | None = None) -> str:
    """A link for a client's person; its secret, shown this once. Never by the author. Invalid, Conflict, Forbidden."""
    actor.need("send")
    with transaction() as session:
        campaign = campaign_for(campaign_id, lock=True)
        _check(person, hours)
        if wrote(actor, campaign):
            message = ("作者不能发出客户确认链接", "the author does not hand out the client's link")
            raise Forbidden(message, ("请另一位成员生成链接", "another member makes it"))
        stage = _stage(campaign, client)
        check_hold(campaign, stage.stage, None)
        secret = secrets.token_urlsafe(32)
        link = ReviewLink(
            campaign_id=campaign.id,
            stage=stage.stage,
            digest=campaign.digest,
            hash=sha256(secret.encode()).hexdigest(),
            person=person.strip(),
            made_by=actor.member_id,
            expires_at=clock.now() + timedelta(hours=hours),
        )
        session.add(link)
        session.flush()
        audit.note(actor, "review.link", str(campaign.id), link=link.id, person=person, expires_at=link.expires_at.isoformat())
        return secret


def _check(person: str, hours: int) -> None:
    if not 1 <= len(person.strip()) <= 60:
        raise Invalid("person", ("请写明发给谁（60 字以内）", "say whom it is for, in at most 60 characters"), field="person")
    if not 1 <= hours <= LONGEST_HOURS:
        raise Invalid(
            "hours", ("有效期 1 小时到 30 天", "a link lives from one hour to 30 days"), ("例如 72", "such as 72"), "hours"
        )


def _stage(campaign: Campaign, client: str | None) -> CampaignStage:
    freeze(campaign.id)
    if campaign.state != "awaiting_approval":
        raise Conflict("not_waiting", ("此活动现在不在等待审批", "this campaign is not waiting for approval"))
    query = select(CampaignStage, Client.name).join(Client, Client.id == CampaignStage.client_id)
    rows = db.session.execute(query.where(CampaignStage.campaign_id == campaign.id, CampaignStage.kind == "client")).all()
    found = [stage for stage, name in rows if client in (None, name)]
    if len(found) == 1:
        return found[0]
    names = "、".join(name for _, name in rows)
    if not found:
        message = ("这个活动的流程里没有这位客户的确认", "the flow has no approval of such a client")
        raise Conflict("no_client_stage", message, ("在审核流程里加上“客户确认”", "add the stage 'client' to the flow"))
    raise Invalid(
        "client", ("有几位客户要确认", "several clients approve"), (f"请指明：{names}", f"name one of: {names}"), "client"
    )


def revoke_link(actor: Actor, link_id: int) -> None:
    """The link decides nothing any more. NotFound; Conflict when it has decided."""
    actor.need("send")
    with transaction() as session:
        link = session.get(ReviewLink, link_id, with_for_update=True)
        if link is None:
            raise NO_LINK
        if link.used_at:
            raise Conflict("link_used", ("客户已经用它做了决定", "the client has decided with it"))
        if link.revoked_at is None:
            link.revoked_at, link.revoked_by = clock.now(), actor.member_id
            audit.note(actor, "review.link_revoked", str(link.campaign_id), link=link.id)


def links_of(actor: Actor, campaign_id: int) -> list[LinkView]:
    """The links of a campaign, the newest first."""
    actor.need("see_accounts")
    campaign = campaign_for(campaign_id)
    query = (
        select(ReviewLink, Member.name, Client.name)
        .join(Member, Member.id == ReviewLink.made_by)
        .join(CampaignStage, (CampaignStage.campaign_id == ReviewLink.campaign_id) & (CampaignStage.stage == ReviewLink.stage))
        .join(Client, Client.id == CampaignStage.client_id)
        .where(ReviewLink.campaign_id == campaign.id)
        .order_by(ReviewLink.id.desc())
    )
    return [_view(link, maker, client, campaign) for link, maker, client in db.session.execute(query)]


def _view(link: ReviewLink, maker: str, client: str, campaign: Campaign) -> LinkView:
    return LinkView(
        link.id, link.stage, client, link.person, maker, link.made_at, link.expires_at, link.opened_at, link.used_at,
        link.revoked_at, state_of(link, campaign, clock.now()),
    )  # fmt: skip


def state_of(link: ReviewLink, campaign: Campaign, now: datetime) -> str:
    """open, used, revoked, expired, changed (the campaign says something else now) or over (it waits no longer)."""
    if link.used_at:
        return "used"
    if link.revoked_at:
        return "revoked"
    if link.expires_at <= now:
        return "expired"
    if link.digest != campaign.digest or campaign.state == "cancelled":
        return "changed"
    return "open" if campaign.state == "awaiting_approval" else "over"


STATES: dict[str, Words] = {
    "open": ("等待决定", "waits for a decision"),
    "used": ("已经做过决定，此链接不能再用", "it has decided; a link decides once"),
    "revoked": ("链接已被撤回", "the link was revoked"),
    "expired": ("链接已过期", "the link has expired"),
    "changed": ("内容已改，此链接作废", "the content has changed; this link is void"),
    "over": ("这次审批已经结束", "this review is over"),
}


def whose_link(secret: str) -> tuple[int, int]:
    """The tenant and the link of a secret, asked before any tenant is known. NotFound."""
    with before_tenant():
        query = text("SELECT tenant_id, link_id FROM whose_review_link(:hash)")
        row = db.session.execute(query, {"hash": sha256(secret.encode()).hexdigest()}).first()
        db.session.rollback()
    if row is None:
        raise NO_LINK
    return int(row.tenant_id), int(row.link_id)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who came by a link, in the scope of its tenant: what they may look at and decide on, and nothing else."""

    link: int
    campaign: int
    stage: int
    client_id: int
    client: str
    person: str
    digest: str
    state: str
    expires_at: datetime
    used_at: datetime | None


def guest(link_id: int) -> Guest:
    """Who came by the link. NotFound."""
    row = db.session.execute(
        select(ReviewLink, CampaignStage, Client.name)
        .join(CampaignStage, (CampaignStage.campaign_id == ReviewLink.campaign_id) & (CampaignStage.stage == ReviewLink.stage))
        .join(Client, Client.id == CampaignStage.client_id)
        .where(ReviewLink.id == link_id)
    ).first()
    if row is None:
        raise NO_LINK
    link, stage, client = row
    campaign = campaign_for(link.campaign_id)
    return Guest(
        link.id, campaign.id, stage.stage, stage.client_id or 0, client, link.person, link.digest,
        state_of(link, campaign, clock.now()), link.expires_at, link.used_at,
    )  # fmt: skip


def refuse_closed(who: Guest) -> None:
    """Conflict unless the link is still open."""
    if who.state != "open":
        zh, en = STATES[who.state]
        raise Conflict(f"link_{who.state}", (zh, en), ("请联系代运营发一个新链接", "ask the agency for a new link"))


def note_opened(link_id: int) -> None:
    """The link was looked at for the first time."""
    with transaction() as session:
        link = session.get(ReviewLink, link_id)
        if link is not None and link.opened_at is None:
            link.opened_at = clock.now()
