"""Everything that waits for a person: who must do what, for whom, until when; and reminding them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, func, select, text, true, tuple_

from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.campaigns.models import Campaign
from saas.channels.platform import Account as ChannelAccount
from saas.channels.rules import Reminders
from saas.delivery.models import DeliveryRow, Dispatch
from saas.delivery.waiting_reminders import SPARE, Reminded, Reminding, reminders_of, route_of
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Words, both_sides
from saas.kernel.settings import settings
from saas.tenants.actor import Actor
from saas.tenants.models import Client

BY_HAND: Words = ("逐个发送并打勾", "send one by one and tick off")
SOMEBODY: Words = ("等待人工确认", "a person must confirm")
SHOWN = 500
NEVER = datetime.max.replace(tzinfo=UTC)
"""Where what has no deadline stands: after all that has one."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody who has not acted: ``people`` wait for this one (0: not told), ``since`` when they were asked."""

    id: str
    name: str
    people: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RemindersLeft:
    """What may still be reminded: ``left`` of ``amount`` in any ``hours``; ``free_at`` when the next is free, if none is left."""

    left: int
    amount: int
    hours: int
    free_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """A delivery that waits. ``what`` must be done by ``who`` (empty where the platform does not name them), until ``until``.

    ``people`` wait of ``intended``, ``delivered`` have it. ``reminders`` None: there is no way to remind.
    ``by_hand``: a batch that a person of the agency sends and ticks off.
    """

    id: int
    campaign: int
    campaign_name: str
    client: str
    account: str
    account_name: str
    channel: str
    kind: str
    what: Words
    people: int
    intended: int
    delivered: int
    since: datetime | None
    until: datetime | None
    overdue: bool
    by_hand: bool
    who: list[Missing]
    reminders: RemindersLeft | None


def list_waiting(actor: Actor, limit: int | None = SHOWN, after: int | None = None) -> list[WaitingItem]:
    """What waits, the nearest deadline first, from the delivery ``after``. Forbidden for a client's user."""
    actor.need("see_accounts")
    place = tuple_(func.coalesce(DeliveryRow.awaiting_until, NEVER), DeliveryRow.id)
    passed = select(func.coalesce(DeliveryRow.awaiting_until, NEVER), DeliveryRow.id).where(DeliveryRow.id == after)
    query = (
        select(DeliveryRow, Dispatch.route, Campaign.name, Account, Client.name)
        .join(Dispatch, Dispatch.id == DeliveryRow.dispatch_id)
        .join(Campaign, Campaign.id == DeliveryRow.campaign_id)
        .join(Account, Account.id == DeliveryRow.account_id)
        .join(Client, Client.id == Account.client_id)
        .where(DeliveryRow.state == "awaiting", place > passed.scalar_subquery() if after else true())
        .order_by(*place)
        .limit(limit)
    )
    rows = db.session.execute(query).all()
    ids, now = [row[0].id for row in rows], clock.now()
    who, asked = _people(ids), _asked(ids)
    return [_item(row, who[row[0].id], asked[row[0].id], now) for row in ((r[0], r[1], r[2], r[3], r[4]) for r in rows)]


def count_waiting(actor: Actor) -> int:
    """How many of these there are."""
    actor.need("see_accounts")
    return db.session.scalar(select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == "awaiting")) or 0


def remind(actor: Actor, deliveries: Sequence[int]) -> list[Reminded]:
    """Remind the people of these deliveries, one reminder each; what became of every wish."""
    actor.need("send")
    by = f"{actor.email} ({actor.via})"

    async def each(lines: Lines) -> list[Reminded]:
        work = Reminding(lines, registry(), actor.tenant_id)
        return [await work.remind(delivery, by) for delivery in dict.fromkeys(deliveries)]

    db.session.rollback()
    return run_with_lines(settings(), each)


def by_client_and_account(items: Sequence[WaitingItem]) -> list[tuple[str, str, list[WaitingItem]]]:
    """Grouped by client and account, both in the order of their nearest deadline."""
    clients: dict[str, dict[str, list[WaitingItem]]] = {}
    for item in items:
        clients.setdefault(item.client, {}).setdefault(item.account_name, []).append(item)
    return [(client, account, found) for client, accounts in clients.items() for account, found in accounts.items()]


def _item(
    row: tuple[DeliveryRow, str, str, Account, str], who: list[Missing], asked: list[datetime], now: datetime
) -> WaitingItem:
    delivery, route, campaign, account, client = row
    installed = registry().get(account.channel)
    kind = installed.channel.kind(account.kind) if installed else None
    by_hand = bool(kind and kind.assisted)
    seen = ChannelAccount(
        account.id, account.key, account.channel, account.kind, account.name, {}, account.settings, account.zone
    )
    rule = reminders_of(installed, seen, route, now)
    found = route_of(installed, account.kind, route)
    confirms = found.confirmation.who if found and found.confirmation else None
    told = both_sides(delivery.reason) if delivery.reason else SOMEBODY
    return WaitingItem(
        id=delivery.id,
        campaign=delivery.campaign_id,
        campaign_name=campaign,
        client=client,
        account=account.key,
        account_name=account.name,
        channel=account.channel,
        kind=account.kind,
        what=BY_HAND if by_hand else (confirms.zh, confirms.en) if confirms else told,
        people=delivery.awaiting,
        intended=delivery.people,
        delivered=delivery.delivered,
        since=delivery.accepted_at,
        until=delivery.awaiting_until,
        overdue=delivery.awaiting_until is not None and delivery.awaiting_until <= now,
        by_hand=by_hand,
        who=who,
        reminders=_left(rule, asked, now) if rule else None,
    )


def _left(rule: Reminders, asked: list[datetime], now: datetime) -> RemindersLeft:
    span = timedelta(seconds=rule.seconds) + SPARE
    counted = sorted(at for at in asked if at + span > now)
    left = max(rule.amount - len(counted), 0)
    free_at = None if left else counted[0] + span
    return RemindersLeft(left, rule.amount, rule.seconds // 3600, free_at, max(asked, default=None))


def _people(deliveries: Sequence[int]) -> dict[int, list[Missing]]:
    query = text(
        "SELECT delivery_id, person, name, people, since FROM waiting_people WHERE delivery_id IN :ids"
        " ORDER BY delivery_id, people DESC, person"
    ).bindparams(bindparam("ids", expanding=True))
    found: dict[int, list[Missing]] = defaultdict(list)
    for row in db.session.execute(query, {"ids": list(deliveries)}):
        found[row.delivery_id].append(Missing(row.person, row.name, row.people, row.since))
    return found


def _asked(deliveries: Sequence[int]) -> dict[int, list[datetime]]:
    query = text("SELECT delivery_id, asked_at FROM reminders WHERE state <> 'refused' AND delivery_id IN :ids").bindparams(
        bindparam("ids", expanding=True)
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for row in db.session.execute(query, {"ids": list(deliveries)}):
        found[row.delivery_id].append(row.asked_at)
    return found
