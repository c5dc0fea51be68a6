"""What three workers were lost over is set aside. A person who has looked into it may send it again: one more chance, alone."""

from __future__ import annotations

import json

from sqlalchemy import select, text

from saas.delivery.models import DeliveryRow, Dispatch
from saas.delivery.policy import KEY_MARGIN, News
from saas.delivery.release import ring_for
from saas.kernel import clock
from saas.kernel.database import after_commit, db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor

CODE = "set_aside"


def send_again(actor: Actor, delivery_id: int, reason: str) -> None:
    """Let a delivery that was set aside go again. Where the platform still knows its key it cannot go out twice; elsewhere the
    person answers for it that it did not go out. Conflict: it is not set aside (any more)."""
    actor.need("settle")
    if not reason.strip():
        words = ("请写明为什么可以再发", "say why it may be sent again")
        raise Invalid("reason_missing", words, ("例如：平台后台没有这条消息", "e.g. it is not in the platform's list"), "reason")
    with transaction():
        row = db.session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id).with_for_update())
        if row is None:
            raise NotFound(("投递", "delivery"))
        if row.state != "unknown" or row.code != CODE:
            message = ("它没有被搁置", "it is not set aside")
            raise Conflict("not_set_aside", message, ("请再查看一次", "look again"), state=row.state)
        news = News(row.id, "due", "hold" if _key_is_known(row) else "give_back", due=clock.now(), code="again", reason=reason)
        payload = json.dumps([news.to_json()], ensure_ascii=False)
        db.session.execute(text("UPDATE deliveries SET crashes = 0 WHERE id = :id"), {"id": row.id})
        db.session.execute(
            text("SELECT progress_deliveries(:now, ARRAY['unknown'], CAST(:news AS jsonb))"),
            {"now": clock.now(), "news": payload},
        )
        audit.note(actor, "deliveries.again", str(delivery_id), reason=reason)
        after_commit(lambda: ring_for(actor.tenant_id))


def _key_is_known(row: DeliveryRow) -> bool:
    """Whether the platform would refuse a second effect under the same key."""
    dispatch = db.session.get_one(Dispatch, row.dispatch_id)
    if dispatch.repeat_by != "key" or row.started_at is None:
        return False
    return (clock.now() - row.started_at).total_seconds() < dispatch.repeat_seconds * KEY_MARGIN
