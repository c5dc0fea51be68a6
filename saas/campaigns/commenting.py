"""Comments of reviewers, anchored in what an account says; threads that are resolved; some of them for the client's eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.campaigns.to_sign import check_seen
from saas.channels.message import Message
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Forbidden, Invalid, NotFound
from saas.review.anchors import Anchor, anchored, moved
from saas.review.models import CampaignStage, Comment, ReviewLink
from saas.review.texts import parts_of
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Member

MOST = 2000
"""Of the comments of a campaign the newest are shown."""
LONGEST = 4000
NO_THREAD = ("意见", "comment")
NOT_THERE = Invalid(
    "quote", ("引用的文字不在这一版里", "the quoted words are not in this version"),
    ("刷新页面后重新选择", "reload the page and select again"), "quote",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment speaks of: an account's part, the quoted words, how many characters stand before them."""

    account: str = ""
    part: str = ""
    quote: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One comment. ``by_client``: it came from the client's side; ``by_link``: by a one-time link, without a login."""

    id: int
    author: str
    by_client: bool
    by_link: bool
    body: str
    at: datetime
    for_client: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and its answers. ``place`` as it is in this version; ``detached``: what it spoke of is gone."""

    id: int
    place: Place
    account: str
    detached: bool
    version: int
    for_client: bool
    resolved_by: str
    resolved_at: datetime | None
    said: list[Said] = field(default_factory=list)


def comment(actor: Actor, campaign_id: int, body: str, place: Place | None = None, for_client: bool = False) -> int:
    """Begin a thread at a place of this version; its id. What a client's user writes is for the client too. Invalid, NotFound."""
    actor.need("sign" if actor.client_id else "see_accounts")
    with transaction():
        campaign = check_seen(actor, campaign_id)
        line = new_thread(campaign, body, place or Place(), for_client or actor.client_id is not None, actor.client_id)
        line.member_id = actor.member_id
        return _store(line, actor)


def answer(actor: Actor, thread_id: int, body: str) -> int:
    """Answer in a thread, for the eyes that see it; the comment's id. NotFound."""
    actor.need("sign" if actor.client_id else "see_accounts")
    with transaction():
        line = new_answer(_thread(actor, thread_id), body)
        line.member_id = actor.member_id
        return _store(line, actor)


def resolve(actor: Actor, thread_id: int, resolved: bool = True) -> None:
    """Close a thread, or open it again. NotFound; Forbidden for a client's user who did not begin it."""
    actor.need("sign" if actor.client_id else "see_accounts")
    with transaction():
        first = _thread(actor, thread_id)
        if actor.client_id and first.member_id != actor.member_id:
            raise Forbidden(("只能解决自己提出的意见", "only one's own thread"), ("请代运营处理", "the agency does"))
        first.resolved_at = clock.now() if resolved else None
        first.resolved_by = actor.member_id if resolved else None
        audit.note(actor, "review.resolve" if resolved else "review.reopen", str(first.campaign_id), comment=first.id)


def new_thread(campaign: Campaign, body: str, place: Place, for_client: bool, client_id: int | None) -> Comment:
    """An unsaved first comment at a place that is there. Invalid when the words are not in the text."""
    account, anchor = None, Anchor("", 0)
    if place.quote and not place.account:
        place = _where(campaign.id, place.quote, client_id)
    if place.account:
        account = db.session.scalar(select(Account).where(Account.key == place.account))
        found = anchored(_texts(campaign.id, account, client_id).get(place.part, ""), place.quote, place.start)
        if account is None or found is None:
            raise NOT_THERE
        anchor = found
    return Comment(
        campaign_id=campaign.id,
        account_id=account.id if account else None,
        part=place.part if account else "",
        quote=anchor.quote,
        start_at=anchor.start,
        body=_checked(body),
        for_client=for_client,
    )


def new_answer(first: Comment, body: str) -> Comment:
    """An unsaved answer in the thread that ``first`` began, for the eyes that see it."""
    return Comment(campaign_id=first.campaign_id, thread_id=first.id, body=_checked(body), for_client=first.for_client)


def thread_for_client(campaign: Campaign, thread_id: int, client_id: int) -> Comment:
    """The first comment of a thread of this version, or of one before it, that the client sees. NotFound."""
    for row in _lines(campaign, client_id):
        if row.Comment.id == thread_id and row.Comment.thread_id is None:
            first: Comment = row.Comment
            return first
    raise NotFound(NO_THREAD, thread_id)


def _checked(body: str) -> str:
    if not 1 <= len(body.strip()) <= LONGEST:
        raise Invalid("body", ("意见要有 1–4000 个字", "a comment has 1 to 4000 characters"), field="body")
    return body.strip()


def _store(line: Comment, actor: Actor) -> int:
    db.session.add(line)
    db.session.flush()
    audit.note(actor, "review.comment", str(line.campaign_id), comment=line.id)
    return line.id


def _thread(actor: Actor, thread_id: int) -> Comment:
    found = db.session.get(Comment, thread_id)
    if found is None or found.thread_id is not None:
        raise NotFound(NO_THREAD, thread_id)
    campaign = check_seen(actor, found.campaign_id)
    return thread_for_client(campaign, thread_id, actor.client_id) if actor.client_id else found


def _texts(campaign: int, account: Account | None, client_id: int | None) -> dict[str, str]:
    """What an account says in a version, by part; nothing of another client's."""
    if account is None or client_id not in (None, account.client_id):
        return {}
    query = text("SELECT message FROM dispatches WHERE campaign_id = :campaign AND account_id = :account")
    message = db.session.scalar(query, {"campaign": campaign, "account": account.id})
    return parts_of(Message.from_json(message)) if message else {}


def _where(campaign: int, quote: str, client_id: int | None) -> Place:
    """The first place that says words which somebody typed instead of selecting them. Invalid when there is none."""
    query = select(Account).where(text("id IN (SELECT d.account_id FROM dispatches d WHERE d.campaign_id = :campaign)"))
    for account in db.session.scalars(query.order_by(Account.id), {"campaign": campaign}):
        for part, said in _texts(campaign, account, client_id).items():
            if quote in said:
                return Place(account.key, part, quote, said.index(quote))
    raise NOT_THERE


def threads(actor: Actor, campaign_id: int) -> list[Thread]:
    """Every thread of this version and of those before it, each where it stands now; open ones first. NotFound."""
    actor.need("see" if actor.client_id else "see_accounts")
    return threads_of(check_seen(actor, campaign_id), actor.client_id)


def threads_of(campaign: Campaign, client_id: int | None) -> list[Thread]:
    """The same for who has shown a right to it otherwise; with a client, what the client may see."""
    lines = _lines(campaign, client_id)
    firsts = [row for row in lines if row.Comment.thread_id is None]
    chain = {row.id: row for row in _chain(campaign)}
    found = [_thread_of(campaign, chain, row, [r for r in lines if r.Comment.thread_id == row.Comment.id]) for row in firsts]
    return sorted(found, key=lambda thread: (thread.resolved_at is not None, thread.id))


def _chain(campaign: Campaign) -> Sequence[Campaign]:
    root = campaign.root_id or campaign.id
    query = select(Campaign).where((Campaign.id == root) | (Campaign.root_id == root), Campaign.version <= campaign.version)
    return list(db.session.scalars(query.order_by(Campaign.version)))


def _lines(campaign: Campaign, client_id: int | None) -> list[Any]:
    """Every comment; with a client, those meant for it: of no other client's account, and by no other client's people."""
    query = (
        select(Comment, Member.name, Member.role, Account, func.coalesce(Member.client_id, CampaignStage.client_id).label("side"))
        .outerjoin(Member, Member.id == Comment.member_id)
        .outerjoin(Account, Account.id == Comment.account_id)
        .outerjoin(ReviewLink, ReviewLink.id == Comment.link_id)
        .outerjoin(
            CampaignStage, (CampaignStage.campaign_id == ReviewLink.campaign_id) & (CampaignStage.stage == ReviewLink.stage)
        )
        .where(Comment.campaign_id.in_([one.id for one in _chain(campaign)]))
        .order_by(Comment.id.desc())
        .limit(MOST)
    )
    rows = list(db.session.execute(query))[::-1]
    return [row for row in rows if client_id is None or _meant_for(row, client_id)]


def _meant_for(row: Any, client_id: int) -> bool:
    account = row.Account.client_id if row.Account else None
    return bool(row.Comment.for_client) and account in (None, client_id) and row.side in (None, client_id)


def _thread_of(campaign: Campaign, chain: dict[int, Campaign], row: Any, answers: Sequence[Any]) -> Thread:
    first: Comment = row.Comment
    place = _place_now(campaign, chain, first, row.Account)
    resolver = db.session.get(Member, first.resolved_by) if first.resolved_by else None
    return Thread(
        id=first.id,
        place=place or Place(row.Account.key if row.Account else "", first.part, first.quote, first.start_at),
        account=row.Account.name if row.Account else "",
        detached=place is None,
        version=chain[first.campaign_id].version,
        for_client=first.for_client,
        resolved_by=resolver.name if resolver else "",
        resolved_at=first.resolved_at,
        said=[_said(one) for one in (row, *answers)],
    )


def _place_now(campaign: Campaign, chain: dict[int, Campaign], first: Comment, account: Account | None) -> Place | None:
    """Follow the anchor from the version it was written on, one version at a time."""
    if account is None:
        return Place()
    anchor: Anchor | None = Anchor(first.quote, first.start_at)
    before = _texts(first.campaign_id, account, None).get(first.part, "")
    for version in sorted(chain.values(), key=lambda one: one.version):
        if version.version <= chain[first.campaign_id].version or version.version > campaign.version:
            continue
        texts = _texts(version.id, account, None)
        if first.part not in texts or anchor is None:
            return None
        anchor = moved(before, texts[first.part], anchor)
        before = texts[first.part]
    return Place(account.key, first.part, anchor.quote, anchor.start) if anchor else None


def _said(row: Any) -> Said:
    line: Comment = row.Comment
    by_client = line.link_id is not None or row.role in ("client_approver", "client_viewer")
    return Said(line.id, row.name or line.person, by_client, line.link_id is not None, line.body, line.at, line.for_client)
