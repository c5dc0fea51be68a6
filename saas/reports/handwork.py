"""Work that only a person can do: the batches of assisted accounts, each with its text, its contacts and what is ticked off."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select, tuple_

from saas.accounts.channels import registry
from saas.accounts.models import Account, Contact
from saas.campaigns.models import Campaign
from saas.channels.message import Message
from saas.delivery.models import DeliveryRow, Dispatch
from saas.delivery.news import EXPIRED
from saas.kernel.database import db
from saas.kernel.errors import NotFound
from saas.tenants.actor import Actor
from saas.tenants.models import Client

OPEN = ("awaiting",)


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch for one person. ``done`` of ``people`` are ticked off; ``contacts`` are (id, name), in the order to do them."""

    id: int
    campaign_id: int
    campaign: str
    account: str
    client: str
    number: int
    batches: int
    people: int
    done: int
    open: bool
    message: Message
    contacts: list[tuple[str, str]]


def list_batches(actor: Actor) -> list[Batch]:
    """The batches that wait for a person, the oldest campaign first. Forbidden for a client's user."""
    actor.need("see_accounts")
    rows = db.session.execute(_query().where(DeliveryRow.state.in_(OPEN)).limit(500)).all()
    return [_batch(*row, siblings=_siblings(row[1].id), contacts=[]) for row in rows]


def batch(actor: Actor, delivery_id: int) -> Batch:
    """One batch with its contacts. NotFound; Forbidden for a client's user."""
    actor.need("see_accounts")
    row = db.session.execute(_query().where(DeliveryRow.id == delivery_id)).first()
    if row is None:
        raise NotFound(("批次", "batch"))
    return _batch(*row, siblings=_siblings(row[1].id), contacts=_contacts(row[0]))


def _query() -> Select[DeliveryRow, Dispatch, str, str, str]:
    kinds = [(i.channel.name, kind.name) for i in registry().all() for kind in i.channel.kinds if kind.assisted]
    return (
        select(DeliveryRow, Dispatch, Campaign.name, Account.name, Client.name)
        .join(Dispatch, Dispatch.id == DeliveryRow.dispatch_id)
        .join(Campaign, Campaign.id == DeliveryRow.campaign_id)
        .join(Account, Account.id == DeliveryRow.account_id)
        .join(Client, Client.id == Account.client_id)
        .where(tuple_(Account.channel, Account.kind).in_(kinds))
        .order_by(DeliveryRow.id)
    )


def _siblings(dispatch_id: int) -> list[int]:
    return list(db.session.scalars(select(DeliveryRow.id).where(DeliveryRow.dispatch_id == dispatch_id).order_by(DeliveryRow.id)))


def _contacts(row: DeliveryRow) -> list[tuple[str, str]]:
    ids = row.ids or []
    known = select(Contact.target, Contact.title).where(Contact.account_id == row.account_id, Contact.target.in_(ids))
    names: dict[str, str] = dict(db.session.execute(known).all())
    return [(target, names.get(target) or target) for target in ids]


def _batch(
    row: DeliveryRow,
    dispatch: Dispatch,
    campaign: str,
    account: str,
    client: str,
    *,
    siblings: list[int],
    contacts: list[tuple[str, str]],
) -> Batch:
    return Batch(
        id=row.id,
        campaign_id=row.campaign_id,
        campaign=campaign,
        account=account,
        client=client,
        number=siblings.index(row.id) + 1,
        batches=len(siblings),
        people=row.people,
        done=row.delivered,
        open=row.state in OPEN or row.code == EXPIRED,
        message=Message.from_json(dispatch.message),
        contacts=contacts,
    )
