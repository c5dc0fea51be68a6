"""When somebody may be told: quiet hours of the agency's zone, one message a window, growing gaps after a failure. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from saas.reports.alerts.kinds import Rule

LEAD = timedelta(seconds=20)
"""What is noticed together is told together."""
END_HOLDS = timedelta(minutes=2)
"""An end is told once it has held so long."""
GAPS = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60, 240))
MOST_TRIES = len(GAPS) + 1


def told_at(now: datetime, last: datetime | None, rule: Rule, zone: str) -> datetime:
    """The moment from which the next message of a kind may go to somebody; at or before ``now``: at once."""
    moment = max(now, last + timedelta(minutes=rule.window)) if last else now
    return after_quiet(moment, rule.quiet, zone)


def after_quiet(moment: datetime, quiet: tuple[int, int] | None, zone: str) -> datetime:
    """The moment itself, or the end of the quiet hours it lies in. Hours may go over midnight; equal ends are none."""
    if quiet is None or quiet[0] == quiet[1]:
        return moment
    local = moment.astimezone(ZoneInfo(zone))
    minute, (begins, ends) = local.hour * 60 + local.minute, quiet
    inside = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
    if not inside:
        return moment
    day = local.date() + timedelta(days=1 if minute >= ends else 0)
    return (
        datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
        .replace(hour=ends // 60, minute=ends % 60)
        .astimezone(moment.tzinfo)
    )


def again_at(now: datetime, tries: int) -> datetime | None:
    """When to try again after so many tries; None: no more."""
    return now + GAPS[tries - 1] if tries <= len(GAPS) else None
