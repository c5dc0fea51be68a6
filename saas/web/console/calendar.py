"""The campaigns of a month on a page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from saas.reports.calendar import month_of
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page

WEEKDAYS = (("一", "Mon"), ("二", "Tue"), ("三", "Wed"), ("四", "Thu"), ("五", "Fri"), ("六", "Sat"), ("日", "Sun"))


@console.get("/calendar")
@signed_in
def calendar() -> ResponseReturnValue:
    """A month; of a client's user, its own brand's."""
    month = month_of(actor(), request.args.get("month", ""))
    return page("calendar.html", month=month, weekdays=WEEKDAYS, zone=ZoneInfo(month.zone))
