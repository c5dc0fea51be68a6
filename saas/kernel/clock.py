"""The one clock. Policies take a time as an argument; only services and jobs ask here.

Processes of one installation run on many machines, whose clocks differ. Those that live long follow the database's: leases,
windows of caps and schedules are then the same for all. Between two looks the time goes on by the machine's steady clock, so
that nobody who sets its wall clock moves us.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps, where there is such a clock
LONGEST_ANSWER = 0.5
_origin: float | None = None
"""Unix time at which the steady clock was zero, by the database; None while nobody has asked it."""


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC) if _origin is None else datetime.fromtimestamp(unix(), UTC)


def unix() -> float:
    """The same in seconds since 1970."""
    return time.time() if _origin is None else _origin + time.clock_gettime(_STEADY)


def steady() -> float:
    """The steady clock: take it before a question to the database, for ``follow``."""
    return time.clock_gettime(_STEADY)


def follow(database: datetime, asked: float) -> None:
    """The database said that it is ``database``; it was asked at ``asked`` of the steady clock, and has answered just now."""
    global _origin
    if _origin is not None and steady() - asked > LONGEST_ANSWER:
        return  # the way took too long to tell when it was; what is known is better
    _origin = database.timestamp() - (asked + steady()) / 2


def followed() -> bool:
    """Whether this process goes by the database's clock."""
    return _origin is not None


def leave() -> None:
    """Go by the machine's clock again."""
    global _origin
    _origin = None
