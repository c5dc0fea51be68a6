"""The start page of the agency's people: today at a glance, which keeps itself up to date."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from saas.reports.dashboard.service import dashboard
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page


@console.get("/today")
@signed_in
def today() -> ResponseReturnValue:
    """The whole page."""
    return page("today/page.html", board=dashboard(actor()))


@console.get("/today/live")
@signed_in
def today_live() -> ResponseReturnValue:
    """Its moving part, asked for every few seconds."""
    return page("today/live.html", board=dashboard(actor()))
