"""Links to a campaign's preview for people without a login: shown once, kept as a hash, with an end, revocable."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, FetchedValue, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from saas.campaigns.models import Campaign
from saas.kernel.clock import now
from saas.kernel.database import Model, before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.kernel.settings import settings
from saas.reports.previews import NO_CAMPAIGN, CampaignPreview, preview_of
from saas.tenants.actor import Actor
from saas.tenants.audit import note
from saas.tenants.models import Client, Instant, Member

USUAL_DAYS, MOST_DAYS = 30, 365
MOST_OPEN = 50
LONGEST_NOTE = 200
NO_LINK: Words = ("预览链接", "preview link")


class PreviewLink(Model):
    """A row of the links; its secret stands nowhere."""

    __tablename__ = "preview_links"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger)
    views: Mapped[int] = mapped_column(server_default=FetchedValue())
    seen_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as its list shows it. ``state`` open, expired or revoked; ``client`` "" for all; ``changed`` the campaign since."""

    id: int
    state: str
    note: str
    client: str
    by: str
    created_at: datetime
    expires_at: datetime
    views: int
    seen_at: datetime | None
    changed: bool


@dataclass(frozen=True, slots=True)
class LinkedPreview:
    """What a visitor with the link may see, and no more. ``changed``: it says something else than when the link was made."""

    tenant: int
    preview: CampaignPreview
    created_at: datetime
    expires_at: datetime
    changed: bool


def create_link(
    actor: Actor, campaign_id: int, days: int = USUAL_DAYS, client: str = "", words: str = ""
) -> tuple[LinkView, str]:
    """A new link and its address, which is shown this once. ``client``: only that client's accounts. NotFound, Invalid."""
    actor.need("write")
    _check(days, words)
    with transaction() as session:
        campaign = _campaign(campaign_id, lock=True)
        client_id = _client(client) if client else None
        preview_of(campaign_id, client_id)
        _room(campaign_id)
        secret, at = secrets.token_urlsafe(32), now()
        row = PreviewLink(
            campaign_id=campaign.id, client_id=client_id, hash=_hash(secret), digest=campaign.digest, note=words.strip(),
            member_id=actor.member_id, created_at=at, expires_at=at + timedelta(days=days),
        )  # fmt: skip
        session.add(row)
        session.flush()
        note(actor, "preview_link_created", f"campaign:{campaign.id}", link=row.id, days=days, client=client)
        return LinkView(row.id, "open", row.note, client, actor.name, row.created_at, row.expires_at, 0, None, False), address_of(
            secret
        )


def list_links(actor: Actor, campaign_id: int) -> list[LinkView]:
    """Every link of a campaign, the newest first. NotFound."""
    actor.need("see_accounts")
    campaign, at = _campaign(campaign_id), now()
    query = (
        select(PreviewLink, Client.name, Member.name)
        .outerjoin(Client, Client.id == PreviewLink.client_id)
        .join(Member, Member.id == PreviewLink.member_id)
        .where(PreviewLink.campaign_id == campaign_id)
        .order_by(PreviewLink.id.desc())
        .limit(200)
    )
    return [_view(row, client or "", by, campaign.digest, at) for row, client, by in db.session.execute(query)]


def revoke_link(actor: Actor, campaign_id: int, link_id: int) -> None:
    """End a link now. NotFound. One that has ended stays as it ended."""
    actor.need("write")
    with transaction() as session:
        row = session.scalar(select(PreviewLink).where(PreviewLink.id == link_id, PreviewLink.campaign_id == campaign_id))
        if row is None:
            raise NotFound(NO_LINK, link_id)
        if row.revoked_at is None:
            row.revoked_at, row.revoked_by = now(), actor.member_id
            note(actor, "preview_link_revoked", f"campaign:{campaign_id}", link=row.id)


def open_link(secret: str, count: bool = False) -> LinkedPreview:
    """What the link shows. Called outside every scope; ``count`` a view. NotFound: unknown, expired and revoked look the same."""
    with before_tenant(), transaction() as session:
        found = session.execute(text("SELECT * FROM whose_preview(:hash)"), {"hash": _hash(secret)}).first()
    if found is None:
        raise NotFound(NO_LINK)
    with tenant_scope(found.tenant_id), transaction() as session:
        row = session.get(PreviewLink, found.link_id)
        if row is None or row.revoked_at or row.expires_at <= now():
            raise NotFound(NO_LINK)
        if count:
            row.views, row.seen_at = row.views + 1, now()
        preview = preview_of(row.campaign_id, row.client_id)
        return LinkedPreview(found.tenant_id, preview, row.created_at, row.expires_at, preview.digest != row.digest)


def address_of(secret: str) -> str:
    """Where the link leads."""
    return f"{settings().base_url}/p/{secret}"


def _view(row: PreviewLink, client: str, by: str, digest: str, at: datetime) -> LinkView:
    state = "revoked" if row.revoked_at else "expired" if row.expires_at <= at else "open"
    changed = row.digest != digest
    return LinkView(
        row.id, state, row.note, client, by, row.created_at, row.expires_at, row.views, row.seen_at, changed
    )  # fmt: skip


def _campaign(campaign_id: int, lock: bool = False) -> Campaign:
    found = db.session.get(Campaign, campaign_id, with_for_update=lock or None)
    if found is None:
        raise NotFound(NO_CAMPAIGN, campaign_id)
    return found


def _client(name: str) -> int:
    found = db.session.scalar(select(Client.id).where(Client.name == name))
    if found is None:
        raise NotFound(("客户", "client"), name)
    return found


def _room(campaign_id: int) -> None:
    """Links that nobody revoked are looked after by nobody when there are too many."""
    open_ones = select(func.count()).where(
        PreviewLink.campaign_id == campaign_id, PreviewLink.revoked_at.is_(None), PreviewLink.expires_at > now()
    )
    if (db.session.scalar(open_ones) or 0) >= MOST_OPEN:
        words = (f"这个活动已有 {MOST_OPEN} 个有效链接", f"this campaign has {MOST_OPEN} open links already")
        raise Conflict("preview_links", words, ("先停用不再需要的", "revoke those that nobody needs"))


def _check(days: int, words: str) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("preview_link_days", (f"有效期 1–{MOST_DAYS} 天", f"a link lives 1–{MOST_DAYS} days"), field="days")
    if len(words.strip()) > LONGEST_NOTE:
        told = (f"备注最多 {LONGEST_NOTE} 字", f"a note has at most {LONGEST_NOTE} characters")
        raise Invalid("preview_link_note", told, field="note")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
