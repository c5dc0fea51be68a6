"""A POST asked again with the same key gets the same answer, byte for byte, and has its effect once.

The kept answer is sealed: it may hold a secret that is shown once. The request is kept as a keyed hash only.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from saas.kernel.clock import now
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, Invalid
from saas.kernel.sealing import Sealer
from saas.tenants.actor import Actor
from saas.tenants.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given."""

    status: int
    body: bytes


def claim(actor: Actor, key: str, request: str, sealer: Sealer) -> Answer | None:
    """None: the key is ours now, do the work and ``keep`` its answer. Else the kept answer.

    Invalid when the key was used for another request (or by another member), Conflict while the first still runs.
    """
    if not 1 <= len(key) <= 200:
        raise Invalid(
            "idempotency_key",
            ("Idempotency-Key 要有 1–200 个字符", "an Idempotency-Key has 1–200 characters"),
            field="Idempotency-Key",
        )
    with transaction() as session:
        row = {"key": key, "member_id": actor.member_id, "request": request, "created_at": now()}
        mine = session.execute(insert(IdempotencyKey).values(row).on_conflict_do_nothing().returning(IdempotencyKey.key)).first()
        if mine:
            return None
        kept = session.get(IdempotencyKey, (actor.tenant_id, key))
        if kept is None or kept.request != request:
            raise _other_request()
        if kept.status is None:
            raise _running()
        body = str(sealer.open(actor.tenant_id, _record(key), (kept.body or "").encode()))
        return Answer(kept.status, body.encode())


def keep(actor: Actor, key: str, answer: Answer, sealer: Sealer) -> None:
    """Keep the answer to a claimed key."""
    sealed = sealer.seal(actor.tenant_id, _record(key), answer.body.decode()).decode()
    with transaction() as session:
        row = session.get_one(IdempotencyKey, (actor.tenant_id, key))
        row.status, row.body = answer.status, sealed


def let_go(actor: Actor, key: str) -> None:
    """Give a claimed key back: the request failed without effect and may be asked again."""
    with transaction() as session:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.key == key, IdempotencyKey.status.is_(None)))


def _record(key: str) -> str:
    return f"idempotency:{key}"


def _other_request() -> Invalid:
    return Invalid(
        "idempotency_other_request",
        ("这个 Idempotency-Key 已用于另一个请求", "this Idempotency-Key belongs to another request"),
        ("为新请求换一个新键", "use a new key for a new request"),
        "Idempotency-Key",
    )


def _running() -> Conflict:
    return Conflict(
        "idempotency_running",
        ("同一个键的请求还没有结束", "the first request with this key has not ended"),
        (
            "稍后用同一个键再试；若一直如此，先查看结果再换新键",
            "try again with the same key later; if it stays so, look at the outcome before using a new key",
        ),
    )
