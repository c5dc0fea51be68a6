"""What only a person can settle: outcomes nobody knows, and work that a person does by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.delivery.models import DeliveryRow
from saas.delivery.policy import News
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits for a person, with what is known of it."""

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


def list_unknown(actor: Actor, limit: int = 200) -> list[Waiting]:
    """Deliveries whose outcome nobody knows, oldest first."""
    return _waiting(actor, "unknown", limit)


def list_assisted(actor: Actor, limit: int = 200) -> list[Waiting]:
    """Deliveries that wait for somebody to act, oldest first: assisted batches, members who have not confirmed."""
    return _waiting(actor, "awaiting", limit)


def _waiting(actor: Actor, state: str, limit: int) -> list[Waiting]:
    actor.need("see_accounts")
    query = (
        select(DeliveryRow, Campaign.name, Account)
        .join(Campaign, Campaign.id == DeliveryRow.campaign_id)
        .join(Account, Account.id == DeliveryRow.account_id)
        .where(DeliveryRow.state == state)
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    return [_row(delivery, name, account) for delivery, name, account in db.session.execute(query)]


def waiting_one(actor: Actor, delivery_id: int) -> Waiting:
    """One delivery with what is known of it. NotFound."""
    actor.need("see_accounts")
    query = (
        select(DeliveryRow, Campaign.name, Account)
        .join(Campaign, Campaign.id == DeliveryRow.campaign_id)
        .join(Account, Account.id == DeliveryRow.account_id)
        .where(DeliveryRow.id == delivery_id)
    )
    found = db.session.execute(query).first()
    if found is None:
        raise NotFound(("投递", "delivery"))
    return _row(*found)


def _row(delivery: DeliveryRow, name: str, account: Account) -> Waiting:
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
    )


def settle_unknown(actor: Actor, delivery_id: int, happened: bool, reason: str) -> None:
    """A person says whether it went out, and why they think so. It is never sent again by itself."""
    actor.need("settle")
    if not reason.strip():
        raise Invalid(
            "reason_missing",
            ("请写明依据", "say how you know"),
            ("例如：在手机上看到了这条消息", "e.g. seen on the phone"),
            "reason",
        )
    with transaction():
        row = _locked(delivery_id, "unknown")
        people = row.people
        news = (
            News(row.id, "sent", "keep", a=people, d=people, code="settled", reason=reason)
            if happened
            else News(row.id, "failed", "give_back", f=people, code="settled", reason=reason)
        )
        _write(row, news, "unknown")
        audit.note(actor, "deliveries.settle", str(delivery_id), happened=happened, reason=reason)
        failpoints.reach("in_settle")


def tick_off(actor: Actor, delivery_id: int, done: int) -> None:
    """A person says how many of an assisted batch are done so far; all done makes it sent."""
    actor.need("send")
    with transaction():
        row = _locked(delivery_id, "awaiting")
        most = row.people - row.failed - row.skipped
        if not 0 <= done <= most:
            words = (f"人数须在 0 到 {most} 之间", f"the number must be between 0 and {most}")
            raise Invalid("out_of_range", words, field="done")
        whole = done == most
        news = News(
            row.id,
            ("partly_sent" if row.failed else "sent") if whole else "awaiting",
            "keep",
            a=row.accepted,
            d=done,
            f=row.failed,
            s=row.skipped,
            w=most - done,
            poll=None if whole else row.poll_at,
            until=row.awaiting_until,
            code="by_hand",
        )
        _write(row, news, "awaiting")
        audit.note(actor, "deliveries.tick", str(delivery_id), done=done)
        failpoints.reach("in_tick")


def _locked(delivery_id: int, state: str) -> DeliveryRow:
    row = db.session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id).with_for_update())
    if row is None:
        raise NotFound(("投递", "delivery"))
    if row.state != state:
        message = ("它已经不在等待人工处理", "it does not wait for a person any more")
        raise Conflict("already_settled", message, ("请刷新页面", "reload the page"), state=row.state)
    return row


def _write(row: DeliveryRow, news: News, state: str) -> None:
    db.session.execute(text("UPDATE dispatches SET counted_by = 'hand' WHERE id = :id"), {"id": row.dispatch_id})
    payload = json.dumps([news.to_json()], ensure_ascii=False)
    db.session.execute(
        text("SELECT progress_deliveries(:now, :states, CAST(:news AS jsonb))"),
        {"now": clock.now(), "states": [state], "news": payload},
    )
