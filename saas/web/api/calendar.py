"""The campaigns of a month by day."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from saas.reports.calendar import month_of
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.api.report import CampaignItem
from saas.web.doors import needs

blp = Resource("calendar", "", "Campaigns by day")


class MonthWanted(Strict):
    """Which month; the running one when none is named."""

    month = fields.String(load_default="", metadata={"description": "such as 2026-11"})


class CalendarDayItem(Strict):
    """A day; ``inside``: of the month itself, not of the weeks around it."""

    day = fields.Date()
    inside = fields.Boolean()
    campaigns = fields.List(fields.Nested(CampaignItem))


class MonthItem(Strict):
    """Whole weeks from Monday."""

    month = fields.String()
    before = fields.String()
    after = fields.String()
    zone = fields.String()
    today = fields.Date()
    weeks = fields.List(fields.List(fields.Nested(CalendarDayItem)))


@blp.on("GET", "/calendar")
@needs("see")
@blp.takes(MonthWanted, location="query")
@blp.gives(200, MonthItem)
def read(actor: Actor, wanted: dict[str, str]) -> Any:
    """The campaigns of a month by day of the agency's zone."""
    return month_of(actor, wanted["month"])
