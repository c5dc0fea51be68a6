"""What only a person can settle: outcomes nobody knows, and work that a person does by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.channels.broken import plain
from saas.delivery.models import DeliveryRow, Dispatch
from saas.delivery.news import EXPIRED
from saas.delivery.policy import News
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words, both_sides, counted
from saas.tenants import audit
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
        return (
            (f"这 {self.unknown} 个群", counted(self.unknown, "group"))
            if self.unit == "group"
            else (f"这 {self.unknown} 人", counted(self.unknown, "person", "people"))
        )


def list_unknown(actor: Actor, limit: int | None = 200) -> list[Waiting]:
    """Deliveries with people of whom nobody knows whether they got it, oldest first; also parts of larger ones."""
    return _waiting(actor, DeliveryRow.unknown > 0, limit)


def count_unknown(actor: Actor) -> int:
    """How many of these there are."""
    actor.need("see_accounts")
    return db.session.scalar(select(func.count()).select_from(DeliveryRow).where(DeliveryRow.unknown > 0)) or 0


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


def settle_unknown(actor: Actor, delivery_id: int, happened: bool, reason: str) -> int:
    """A person says whether it reached those of whom nobody knows, and how they found out; of how many they said it.

    It is never sent again by itself."""
    actor.need("settle")
    if not reason.strip():
        raise Invalid(
            "reason_missing",
            ("请写明依据", "say how you know"),
            ("例如：在手机上看到了这条消息", "e.g. seen on the phone"),
            "reason",
        )
    with transaction():
        row = db.session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id).with_for_update())
        if row is None:
            raise NotFound(("投递", "delivery"))
        if not row.unknown or row.state in ("due", "sending"):
            raise _settled_already(row)
        people = row.unknown
        _write(row, _settlement(row, happened, reason), row.state)
        audit.note(actor, "deliveries.settle", str(delivery_id), happened=happened, people=people, reason=reason)
        failpoints.reach("in_settle")
    return people


def _settlement(row: DeliveryRow, happened: bool, reason: str) -> News:
    """Those of whom nobody knew count as delivered or as failed; the others stay what they are, the quota follows."""
    delivered, failed = row.delivered + happened * row.unknown, row.failed + (not happened) * row.unknown
    state = "sent" if delivered and not failed else "partly_sent" if delivered else "failed"
    quota = "keep" if happened or row.delivered else "give_back"
    taken = max(row.accepted, delivered)
    return News(row.id, state, quota, taken, delivered, failed, row.skipped, 0, row.awaiting, code="settled", reason=reason)


def tick_off(actor: Actor, delivery_id: int, done: int) -> None:
    """A person says how many of an assisted batch are done so far; all done makes it sent. After its deadline too: who has
    sent in time and ticks off late is believed."""
    actor.need("send")
    with transaction():
        row, late = _locked_batch(delivery_id)
        _by_hand(row)
        most = row.people - row.failed - (0 if late else row.skipped)
        if not 0 <= done <= most:
            words = (f"人数须在 0 到 {most} 之间", f"the number must be between 0 and {most}")
            raise Invalid("out_of_range", words, field="done")
        _write(row, _ticked_late(row, done, most) if late else _ticked(row, done, most), row.state)
        audit.note(actor, "deliveries.tick", str(delivery_id), done=done)
        failpoints.reach("in_tick")


def _ticked(row: DeliveryRow, done: int, most: int) -> News:
    whole = done == most
    return News(
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


def _ticked_late(row: DeliveryRow, done: int, most: int) -> News:
    """What is not ticked off stays expired."""
    whole = done == most and not row.failed
    return News(
        row.id,
        "sent" if whole else "partly_sent" if done else "skipped",
        "keep",
        a=row.accepted,
        d=done,
        f=row.failed,
        s=most - done,
        until=row.awaiting_until,
        code="by_hand" if done == most else EXPIRED,
        reason="" if done == most else row.reason,
    )


def _locked_batch(delivery_id: int) -> tuple[DeliveryRow, bool]:
    """A delivery somebody may tick off, and whether its deadline is over. Conflict."""
    row = db.session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id).with_for_update())
    if row is not None and row.code == EXPIRED and row.state in ("skipped", "partly_sent"):
        account = db.session.get_one(Account, row.account_id)
        kind = registry().kind(account.channel, account.kind)
        if kind and kind.assisted:
            return row, True
    return _locked(delivery_id, "awaiting"), False


def _by_hand(row: DeliveryRow) -> None:
    """Whom a platform counts nobody ticks off: a member's word would stand in the books against the platform's. Conflict."""
    account = db.session.get_one(Account, row.account_id)
    kind = registry().kind(account.channel, account.kind)
    if kind and not kind.assisted:
        words = ("平台自己计数，不能打勾", "the platform counts this one; nobody ticks it off")
        raise Conflict(
            "not_by_hand", words, ("请在手机上确认发送，结果会自动更新", "confirm it on the phone; the numbers follow")
        )


def _locked(delivery_id: int, state: str) -> DeliveryRow:
    row = db.session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id).with_for_update())
    if row is None:
        raise NotFound(("投递", "delivery"))
    if row.state != state:
        raise _settled_already(row)
    return row


def _settled_already(row: DeliveryRow) -> Conflict:
    message = ("它已经不在等待人工处理", "it does not wait for a person any more")
    return Conflict("already_settled", message, ("请再查看一次", "look again"), state=row.state)


def _write(row: DeliveryRow, news: News, state: str) -> None:
    db.session.execute(text("UPDATE dispatches SET counted_by = 'hand' WHERE id = :id"), {"id": row.dispatch_id})
    payload = json.dumps([news.to_json()], ensure_ascii=False)
    db.session.execute(
        text("SELECT progress_deliveries(:now, :states, CAST(:news AS jsonb))"),
        {"now": clock.now(), "states": [state], "news": payload},
    )
