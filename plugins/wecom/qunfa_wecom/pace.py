"""When to ask the platform again: soon at first, ever more seldom while people take their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from qunfa_wecom.kinds import CONFIRM_SECONDS
from saas.channels import Delivery

FIRST = 0.5
LAST = 900.0
GIVE_UP = timedelta(days=30)


def age(delivery: Delivery, now: datetime) -> float:
    """Seconds since the delivery's first attempt began."""
    return (now - delivery.started_at).total_seconds() if delivery.started_at else 0.0


def poll_after(delivery: Delivery, now: datetime) -> float:
    """Seconds until the next question: a tenth of the age, from half a second to a quarter of an hour."""
    return min(max(age(delivery, now) / 10, FIRST), LAST)


def deadline(delivery: Delivery, now: datetime) -> datetime:
    """Until when members are expected to confirm; the platform itself states no end."""
    return (delivery.started_at or now) + timedelta(seconds=CONFIRM_SECONDS)


def given_up(delivery: Delivery, now: datetime) -> bool:
    """A month has passed: the platform's listings no longer reach back, nobody is asked any more."""
    return delivery.started_at is not None and now - delivery.started_at > GIVE_UP
