"""Calling a channel's hook: whatever happens inside, an outcome comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import structlog

from saas.channels.broken import INSIDE, TOO_LATE
from saas.channels.outcome import Outcome, Unknown, Unreachable
from saas.channels.platform import Delivery, MaybeSent, NotSent, Target
from saas.delivery.store import recipients

LONGEST_CALL = 120.0
LATE = Unknown(TOO_LATE)
log = structlog.get_logger()


async def outcome_of(call: Awaitable[Outcome]) -> Outcome:
    """Await a hook, for so long and no longer. ``NotSent`` is Unreachable; ``MaybeSent``, lateness or a bug is Unknown."""
    try:
        async with asyncio.timeout(LONGEST_CALL):
            return await answered(call)
    except TimeoutError:
        return LATE


async def answered(call: Awaitable[Outcome]) -> Outcome:
    """The same for callers that watch the clock themselves."""
    try:
        outcome = await call
    except NotSent as error:
        return Unreachable(str(error))
    except MaybeSent as error:
        return Unknown(str(error))
    except TimeoutError:
        return LATE
    except Exception as error:
        log.exception("channel failed", fault=type(error).__name__)
        return Unknown(INSIDE)
    return outcome if isinstance(outcome, Outcome) else Unknown("渠道没有给出结果 / the channel gave no outcome")


def as_delivery(row: Mapping[str, Any], route: str) -> Delivery:
    """A row of ``deliveries`` as the contract has it."""
    ids = recipients(row["form"], row["target"], row["ids"])
    target = Target(form=row["form"], ids=ids, people=row["people"], fields=row.get("fields") or {})
    return Delivery(
        id=row["id"],
        key=row["key"],
        route=route,
        target=target,
        attempt=row["attempts"],
        started_at=row["started_at"],
        ids=row["receipt"] or {},
    )
