"""What a person records: what became of a delivery of which nobody knew, and what was done by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.delivery.models import DeliveryRow
from saas.delivery.news import EXPIRED
from saas.delivery.policy import News
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor

LOST = ("worker_lost", "set_aside")
STILL_CALLING = timedelta(seconds=60)  # after a lease ran out: its last call began before, and a platform has 20 s to answer


def settle_unknown(actor: Actor, delivery_id: int, happened: bool, reason: str, alike: bool = False) -> int:
    """A person says whether it reached those of whom nobody knows, and how they found out; of how many they said it.

    ``alike``: the same holds for all of its campaign on its account, as after a lost worker. It is never sent again by itself."""
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
        people = 0
        for one in [row, *(_alike(row) if alike else ())]:
            _check_ended(one, happened)
            people += one.unknown
            audit.note(actor, "deliveries.settle", str(one.id), happened=happened, people=one.unknown, reason=reason)
            _write(one, _settlement(one, happened, reason), one.state)
        failpoints.reach("in_settle")
    return people


def _check_ended(row: DeliveryRow, happened: bool) -> None:
    """The call of a worker that was lost may still be answered for a while; till then nobody can know that it did not happen.
    Conflict."""
    lease = db.session.execute(text("SELECT until FROM leases WHERE id = :id"), {"id": row.reserved_by}).scalar()
    ended = lease and row.code in LOST and lease + STILL_CALLING
    if happened or not ended or clock.now() >= ended:
        return
    at = ended.astimezone(ZoneInfo(db.session.get_one(Account, row.account_id).zone)).strftime("%H:%M:%S")
    words = ("发送进程刚刚中断，平台可能还会答复", "its worker was lost just now; the platform may still answer")
    remedy = (f"{at} 之后再确认它没有发出", f"say that it did not happen after {at}")
    raise Conflict("may_be_answered", words, remedy, free_at=ended.isoformat())


def _alike(row: DeliveryRow) -> Sequence[DeliveryRow]:
    """The others of its dispatch of which nobody knows and no machine asks any more, in the order of ids."""
    others = select(DeliveryRow).where(
        DeliveryRow.dispatch_id == row.dispatch_id,
        DeliveryRow.id != row.id,
        DeliveryRow.state == "unknown",
        DeliveryRow.code == row.code,
        DeliveryRow.poll_at.is_(None),
    )
    return db.session.scalars(others.order_by(DeliveryRow.id).with_for_update()).all()


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
