"""The campaigns of a month by day, in the agency's zone."""

from __future__ import annotations

import re
from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Invalid
from saas.reports.listing import CampaignRow, campaigns_between
from saas.tenants.actor import Actor
from saas.tenants.models import Tenant

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day; ``inside``: of the month itself, not of the weeks around it."""

    day: date
    inside: bool
    campaigns: list[CampaignRow]


@dataclass(frozen=True, slots=True)
class Month:
    """Whole weeks from Monday, as many as the month touches. ``before`` and ``after`` are the months beside it."""

    month: str
    before: str
    after: str
    zone: str
    today: date
    weeks: list[list[CalendarDay]]


def month_of(actor: Actor, month: str = "") -> Month:
    """A month such as ``2026-11``; the running one when none is named. Of a client's user: its own brand's. Invalid."""
    zone = str(db.session.scalars(select(Tenant.zone)).one())
    own = ZoneInfo(zone)
    today = clock.now().astimezone(own).date()
    first = _first(month) if month else today.replace(day=1)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    since, until = (datetime.combine(day, time(), own) for day in (weeks[0][0], weeks[-1][-1] + timedelta(days=1)))
    found: dict[date, list[CampaignRow]] = {}
    for row in campaigns_between(actor, since, until):
        found.setdefault(row.due_at.astimezone(own).date(), []).append(row)
    days = [[CalendarDay(day, day.month == first.month, found.get(day, [])) for day in week] for week in weeks]
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    return Month(f"{first:%Y-%m}", f"{before:%Y-%m}", f"{after:%Y-%m}", zone, today, days)


def _first(month: str) -> date:
    found = MONTH.fullmatch(month)
    if found is None:
        raise Invalid("month_invalid", ("月份写作 2026-11", "a month reads like 2026-11"), ("请更正", "correct it"), "month")
    return date(int(found[1]), int(found[2]), 1)
