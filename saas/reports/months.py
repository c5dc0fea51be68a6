"""Spans of time that reports speak of, in a tenant's zone. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from saas.kernel.errors import Invalid


def month(written: str) -> date:
    """The first day of the month written as 2026-11. Invalid."""
    try:
        return datetime.strptime(written.strip(), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        words = (f"“{written}”不是月份", f"'{written}' is not a month")
        raise Invalid("bad_month", words, ("写成 2026-11 这样", "write it as 2026-11"), "month") from None


def month_after(first: date) -> date:
    """The first day of the next month."""
    return (first + timedelta(days=32)).replace(day=1)


def span_of(first: date, zone: str) -> tuple[datetime, datetime]:
    """When the month that begins on this day begins and ends in that zone."""
    begins, ends = (datetime(day.year, day.month, 1, tzinfo=ZoneInfo(zone)) for day in (first, month_after(first)))
    return begins, ends
