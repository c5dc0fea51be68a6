"""What only a person can settle: outcomes nobody knows, and work that a person does by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.channels.broken import plain
from saas.delivery.models import DeliveryRow, Dispatch
from saas.kernel.database import db
from saas.kernel.errors import NotFound, Words, both_sides, counted
from saas.tenants.actor import Actor


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits for a person, with what is known of it. ``unknown``: of how many people nobody knows."""

    id: int
    campaign: int
    campaign_name: str
    account: str
    account_name: str
    channel: str
    target: str
    people: int
    delivered: int
    state: str
    since: datetime | None
    until: datetime | None
    code: str
    reason: str
    receipt: dict[str, Any]
    ids: list[str]
    unknown: int = 0
    unit: str = "person"
    kind: str = ""
    route: str = ""
    says: str = ""
    attempts: int = 0
    lookups: int = 0
    looked_at: datetime | None = None
    looked: str = ""
    asks_again_at: datetime | None = None
    holds_quota: bool = False

    @property
    def told(self) -> Words:
        """What was said of it, for people."""
        return both_sides(plain(self.reason))

    @property
    def looked_told(self) -> Words:
        """What the last lookup brought, for people."""
        return both_sides(plain(self.looked))

    @property
    def if_happened(self) -> Words:
        """What it means when a person says that it went out."""
        zh, en = self._whom
        return (
            f"{zh}计为已送达，额度记为已用。如果其实没有发出，{zh}收不到。",
            f"{en} counted as delivered; the quota counts as used. If it did not go out, they never get it.",
        )

    @property
    def if_not(self) -> Words:
        """What it means when a person says that it did not."""
        zh, en = self._whom
        quota = ("额度退回", "the quota is given back") if self.holds_quota else ("已用的额度不变", "the quota stays as it is")
        return (
            f"{zh}计为失败，{quota[0]}，不会自动重发。如果其实发出了，再发会让{zh}收到两次，并可能超出平台上限。",
            f"{en} counted as failed; {quota[1]}; nothing is sent again by itself."
            " If it did go out, another send reaches them twice and may go over the platform's cap.",
        )

    @property
    def _whom(self) -> Words:
        if self.unit == "page":
            return (f"这 {self.unknown} 次发表", counted(self.unknown, "publication"))
        return (
            (f"这 {self.unknown} 个群", counted(self.unknown, "group"))
            if self.unit == "group"
            else (f"这 {self.unknown} 人", counted(self.unknown, "person", "people"))
        )


def list_unknown(actor: Actor, limit: int | None = 200, after: int = 0) -> list[Waiting]:
    """Deliveries with people of whom nobody knows whether they got it, oldest first, from the one ``after``; also parts of
    larger ones."""
    return _waiting(actor, (DeliveryRow.unknown > 0) & (DeliveryRow.id > after), limit)


def count_unknown(actor: Actor) -> int:
    """How many of these there are."""
    actor.need("see_accounts")
    return db.session.scalar(select(func.count()).select_from(DeliveryRow).where(DeliveryRow.unknown > 0)) or 0


def count_alike(actor: Actor) -> dict[tuple[int, str, str], int]:
    """How many of a campaign on an account ended alike, by code, where no machine asks any more: one word may settle them."""
    actor.need("see_accounts")
    query = (
        select(DeliveryRow.campaign_id, Account.key, DeliveryRow.code, func.count())
        .join(Account, Account.id == DeliveryRow.account_id)
        .where(DeliveryRow.state == "unknown", DeliveryRow.poll_at.is_(None))
        .group_by(DeliveryRow.campaign_id, Account.key, DeliveryRow.code)
    )
    return {(campaign, account, code): number for campaign, account, code, number in db.session.execute(query)}


def list_assisted(actor: Actor, limit: int = 200) -> list[Waiting]:
    """Deliveries that wait for somebody to act, oldest first: assisted batches, members who have not confirmed."""
    return _waiting(actor, DeliveryRow.state == "awaiting", limit)


def _waiting(actor: Actor, which: ColumnElement[bool], limit: int | None) -> list[Waiting]:
    actor.need("see_accounts")
    return [_row(*found) for found in db.session.execute(_question().where(which).order_by(DeliveryRow.id).limit(limit))]


def waiting_one(actor: Actor, delivery_id: int) -> Waiting:
    """One delivery with what is known of it. NotFound."""
    actor.need("see_accounts")
    found = db.session.execute(_question().where(DeliveryRow.id == delivery_id)).first()
    if found is None:
        raise NotFound(("投递", "delivery"))
    return _row(*found)


def _question() -> Select[DeliveryRow, str, Account, Dispatch]:
    return (
        select(DeliveryRow, Campaign.name, Account, Dispatch)
        .join(Campaign, Campaign.id == DeliveryRow.campaign_id)
        .join(Account, Account.id == DeliveryRow.account_id)
        .join(Dispatch, Dispatch.id == DeliveryRow.dispatch_id)
    )


def _row(delivery: DeliveryRow, name: str, account: Account, dispatch: Dispatch) -> Waiting:
    return Waiting(
        id=delivery.id,
        campaign=delivery.campaign_id,
        campaign_name=name,
        account=account.key,
        account_name=account.name,
        channel=account.channel,
        target=delivery.target,
        people=delivery.people,
        delivered=delivery.delivered,
        state=delivery.state,
        since=delivery.started_at,
        until=delivery.awaiting_until,
        code=delivery.code,
        reason=delivery.reason,
        receipt=delivery.receipt or {},
        ids=delivery.ids or ([delivery.target] if delivery.form == "ids" else []),
        unknown=delivery.unknown,
        unit=dispatch.unit,
        kind=str(dispatch.message.get("kind", "")),
        route=dispatch.route,
        says=_gist(dispatch.message),
        attempts=delivery.attempts,
        lookups=delivery.polls if delivery.looked_at else 0,
        looked_at=delivery.looked_at,
        looked=delivery.looked,
        asks_again_at=delivery.poll_at,
        holds_quota=delivery.reserved_by is not None,
    )


def _gist(message: dict[str, Any]) -> str:
    """What was asked to be sent, in a line."""
    articles = message.get("articles") or [{}]
    return str(articles[0].get("title") or message.get("text") or (message.get("link") or {}).get("title") or "")[:120]
