"""The review sheet of a campaign: who wrote it, what each account will say, what the machine found, who decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.campaigns.models import Blob, Campaign
from saas.campaigns.reviewing import Turn, turn_of
from saas.channels.channel import Route
from saas.channels.message import Message
from saas.channels.platform import Finding
from saas.delivery.models import Dispatch
from saas.kernel.database import db
from saas.kernel.errors import NotFound, Words
from saas.review.models import Approval, Check
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.models import Client, Member

NO_CAMPAIGN = NotFound(("活动", "campaign"))


@dataclass(frozen=True, slots=True)
class Said:
    """What one account will say, and what is true of the way it goes. ``recall`` is the kind of a RecallRight."""

    key: str
    name: str
    client: str
    channel: str
    kind: str
    kind_title: Words
    unit: str
    people: int
    message: Message
    recall: str
    recall_seconds: int
    confirmed_by: Words | None
    assisted: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word. ``current``: it was said of exactly what the campaign says now."""

    name: str
    role: Words
    decision: str
    note: str
    at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class CampaignSheet:
    """Everything a reviewer needs to sign. ``obstacle`` says why this actor cannot, None when they can."""

    campaign: int
    name: str
    kind: str
    marketing: bool
    state: str
    author: str
    digest: str
    findings: list[Finding]
    decisions: list[Decision]
    accounts: list[Said]
    obstacle: Words | None


def campaign_sheet(actor: Actor, campaign_id: int) -> CampaignSheet:
    """The sheet of a campaign. NotFound; Forbidden for a client's user."""
    actor.need("see_accounts")
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None:
        raise NO_CAMPAIGN
    author = db.session.get_one(Member, campaign.author_id)
    return CampaignSheet(
        campaign=campaign.id,
        name=campaign.name,
        kind=campaign.kind,
        marketing=campaign.marketing,
        state=campaign.state,
        author=author.name,
        digest=campaign.digest,
        findings=campaign_findings(campaign.id),
        decisions=_decisions(campaign),
        accounts=_said(campaign_id),
        obstacle=_obstacle(actor, campaign),
    )


def picture(actor: Actor, sha256: str) -> tuple[str, bytes]:
    """The type and bytes of a fitted picture of the tenant. NotFound; Forbidden for a client's user."""
    actor.need("see_accounts")
    row = db.session.get(Blob, (actor.tenant_id, sha256))
    if row is None:
        raise NotFound(("图片", "picture"))
    return row.mime, row.data


def _obstacle(actor: Actor, campaign: Campaign) -> Words | None:
    if not actor.may("sign"):
        role = ROLE_WORDS[actor.role]
        return f"你的角色是“{role[0]}”，不能审批", f"your role is '{role[1]}': it cannot approve"
    turn = turn_of(actor, campaign)
    return None if isinstance(turn, Turn) else turn


def campaign_findings(campaign_id: int) -> list[Finding]:
    """What the machine found in the campaign as it stands now."""
    campaign = db.session.get_one(Campaign, campaign_id)
    newest = select(Check).where(Check.campaign_id == campaign.id, Check.digest == campaign.digest).order_by(Check.id.desc())
    check = db.session.scalar(newest.limit(1))
    return [finding_of(found) for found in check.findings] if check else []


def finding_of(value: dict[str, Any]) -> Finding:
    """A finding from its JSON form."""
    marks = tuple((int(a), int(b)) for a, b in value.get("marks") or ())
    message, remedy = _pair(value["message"]), _pair(value.get("remedy") or ("", ""))
    quotes = tuple((str(a), str(b), str(c)) for a, b, c in value.get("quotes") or ())
    return Finding(**{**value, "message": message, "remedy": remedy, "marks": marks, "quotes": quotes})


def _pair(words: Any) -> Words:
    zh, en = words
    return str(zh), str(en)


def _decisions(campaign: Campaign) -> list[Decision]:
    query = (
        select(Approval, Member)
        .outerjoin(Member, Member.id == Approval.member_id)
        .where(Approval.campaign_id == campaign.id)
        .order_by(Approval.id)
    )
    return [_decision(given, member, campaign) for given, member in db.session.execute(query)]


def _decision(given: Approval, member: Member | None, campaign: Campaign) -> Decision:
    name, role = (member.name, ROLE_WORDS[member.role]) if member else (given.person, ROLE_WORDS["client_approver"])
    return Decision(name, role, given.decision, given.note, given.at, given.digest == campaign.digest)


def _said(campaign_id: int) -> list[Said]:
    query = (
        select(Dispatch, Account, Client.name)
        .join(Account, Account.id == Dispatch.account_id)
        .join(Client, Client.id == Account.client_id)
        .where(Dispatch.campaign_id == campaign_id)
        .order_by(Client.id, Account.id)
    )
    return [_one(*row) for row in db.session.execute(query)]


def _one(dispatch: Dispatch, account: Account, client: str) -> Said:
    installed = registry().get(account.channel)
    kind = installed.channel.kind(account.kind) if installed else None
    route = _route(kind.routes if kind else (), dispatch.route)
    return Said(
        key=account.key,
        name=account.name,
        client=client,
        channel=account.channel,
        kind=account.kind,
        kind_title=(kind.title.zh, kind.title.en) if kind else (account.kind, account.kind),
        unit=dispatch.unit,
        people=dispatch.intended,
        message=Message.from_json(dispatch.message),
        recall=route.recall.kind if route else "none",
        recall_seconds=route.recall.seconds if route else 0,
        confirmed_by=(route.confirmation.who.zh, route.confirmation.who.en) if route and route.confirmation else None,
        assisted=bool(kind and kind.assisted),
    )


def _route(routes: tuple[Route, ...], name: str) -> Route | None:
    return next((route for route in routes if route.name == name), None)
