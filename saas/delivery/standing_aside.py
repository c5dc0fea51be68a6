"""What one answer means for all that is still due in its dispatch: an account that may not, or may not now."""

from __future__ import annotations

from saas.channels.outcome import Exhausted, Outcome, Throttled, Unauthorized
from saas.channels.rules import Limits
from saas.delivery import store
from saas.delivery.watch import Halted
from saas.kernel import clock
from saas.kernel.pool import Connection

STOPPING = (Unauthorized, Exhausted, Throttled)  # what stops the whole dispatch


def of_one_target(outcome: Outcome, limits: Limits) -> bool:
    """Whether what is used up is one recipient's or group's own: the others may go on."""
    return isinstance(outcome, Exhausted) and any(cap.name == outcome.window and cap.scope == "target" for cap in limits.caps)


async def stand_aside(connection: Connection, dispatch: int, account: int, told: Outcome | Halted | None) -> None:
    """Put off or close what is due."""
    now = clock.now()
    match told:
        case Exhausted(window=window, resets_at=resets_at, reason=reason):
            await store.put_off(connection, dispatch, resets_at, resets_at, "exhausted", reason or window)
        case Unauthorized(reason=reason, code=code, detail=detail):
            await store.trouble(connection, account, reason, code, detail)
            await store.close_due(connection, dispatch, "skipped", reason, detail or reason)
        case Throttled(retry_after=seconds):
            await connection.execute(
                "UPDATE deliveries SET due_at = %s + make_interval(secs => %s)"
                " WHERE dispatch_id = %s AND state = 'due' AND due_at <= %s",
                (now, seconds, dispatch, now),
            )
