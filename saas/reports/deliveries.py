"""Pages of a campaign's deliveries, by key."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.delivery.models import DeliveryRow, Dispatch
from saas.kernel.database import db
from saas.kernel.errors import NotFound
from saas.tenants.actor import Actor


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One thing a platform was asked to do, in people (or groups). ``account`` is the account's key."""

    id: int
    account: str
    target: str
    state: str
    people: int
    accepted: int
    delivered: int
    failed: int
    skipped: int
    unknown: int
    awaiting: int
    attempts: int
    accepted_at: datetime | None
    receipt: dict[str, Any] | None
    code: str
    reason: str


def list_deliveries(actor: Actor, campaign_id: int, after: int = 0, limit: int = 50) -> list[DeliveryView]:
    """The deliveries with an id above ``after``, in order; a client's user sees those of its accounts. NotFound."""
    _check_seen(actor, campaign_id)
    columns = [
        Account.key.label(field.name) if field.name == "account" else getattr(DeliveryRow, field.name)
        for field in fields(DeliveryView)
    ]
    rows = (
        select(*columns)
        .join(Account, Account.id == DeliveryRow.account_id)
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.id > after)
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    if actor.client_id:
        rows = rows.where(Account.client_id == actor.client_id)
    return [DeliveryView(*row) for row in db.session.execute(rows)]


def _check_seen(actor: Actor, campaign_id: int) -> None:
    seen = select(Campaign.id).where(Campaign.id == campaign_id)
    if actor.client_id:
        theirs = select(Account.id).where(Account.client_id == actor.client_id)
        seen = seen.where(Campaign.id.in_(select(Dispatch.campaign_id).where(Dispatch.account_id.in_(theirs))))
    if db.session.scalar(seen) is None:
        raise NotFound(("活动", "campaign"))
