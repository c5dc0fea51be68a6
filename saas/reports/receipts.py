"""What a report shows of a dispatch's receipts and troubles, at the same price for a thousand recipients and for a million."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from saas.delivery.models import DeliveryRow, Dispatch
from saas.kernel.database import db

MOST = 20
LOOKED_AT = 200  # by target, which has an index; among a million there is no quick first by number
TROUBLED = ("failed", "unknown", "partly_sent", "skipped", "awaiting")


@dataclass(frozen=True, slots=True)
class Receipts:
    """How many deliveries have a receipt, some of them, and one reason of what went wrong."""

    total: int = 0
    shown: Sequence[dict[str, Any]] = ()
    code: str = ""
    reason: str = ""


def receipts_of(dispatch: Dispatch) -> Receipts:
    """The receipts of one dispatch. Of a large one only the first targets are looked at."""
    first = (
        select(DeliveryRow.target, DeliveryRow.ref, DeliveryRow.receipt, DeliveryRow.people)
        .where(DeliveryRow.dispatch_id == dispatch.id)
        .order_by(DeliveryRow.target)
        .limit(LOOKED_AT)
        .subquery()
    )
    rows = db.session.execute(select(first).where(first.c.receipt.is_not(None)).limit(MOST)).all()
    shown = [{"target": row.target, **_public(row.ref, row.receipt)} for row in rows]
    code, reason = _trouble(dispatch)
    if dispatch.intended < LOOKED_AT and len(rows) < MOST:
        return Receipts(len(rows), shown, code, reason)
    each_for_one = db.session.scalar(select(func.max(first.c.people))) == 1
    return Receipts(dispatch.accepted if each_for_one else _counted(dispatch), shown, code, reason)


def _counted(dispatch: Dispatch) -> int:
    """Batches are few and are counted; where each delivery is for one, the accepted are summed up already."""
    query = select(func.count()).where(DeliveryRow.dispatch_id == dispatch.id, DeliveryRow.receipt.is_not(None))
    return int(db.session.scalar(query) or 0)


def _trouble(dispatch: Dispatch) -> tuple[str, str]:
    """A reason, if the sums know of any trouble: first where it is near, then anywhere."""
    if not (dispatch.failed or dispatch.skipped or dispatch.unknown or dispatch.awaiting):
        return "", ""
    every = select(DeliveryRow.code, DeliveryRow.reason, DeliveryRow.state).where(DeliveryRow.dispatch_id == dispatch.id)
    near = every.order_by(DeliveryRow.target).limit(LOOKED_AT).subquery()
    found = db.session.execute(select(near).where(near.c.state.in_(TROUBLED)).limit(1)).first()
    row: Any = found or db.session.execute(every.where(DeliveryRow.state.in_(TROUBLED)).limit(1)).first()
    return (row.code, row.reason) if row else ("", "")


def _public(ref: str | None, receipt: dict[str, Any] | None) -> dict[str, Any]:
    """Platform ids, the one that pushes speak of first; long texts that only workers need stay out."""
    name, _, value = (ref or "").partition(":")
    first = {name: value} if name else {}
    return first | {key: value for key, value in (receipt or {}).items() if len(str(value)) <= 200}
