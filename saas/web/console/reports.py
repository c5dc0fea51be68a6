"""Pages of reports: of the agency, a client, an account; what each figure means; files of them; how they look on paper."""

from __future__ import annotations

from datetime import timedelta

from flask import request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from saas.reports.charts import Chart
from saas.reports.definitions import DEFINITIONS, GROUPS, SOURCES
from saas.reports.exports import words as said
from saas.reports.exports.paper import cards_of
from saas.reports.exports.pictures import NARROW, WIDE, pictures
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.service import account_report, agency_report, client_report, today
from saas.reports.periods.spans import Kind, Span, around, span
from saas.web import downloads
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page
from saas.web.locale import language

KINDS: tuple[tuple[Kind, tuple[str, str]], ...] = (
    ("day", ("日", "Day")), ("week", ("周", "Week")), ("month", ("月", "Month")), ("quarter", ("季", "Quarter")),
)  # fmt: skip


@console.get("/reports")
@signed_in
def reports() -> ResponseReturnValue:
    """The agency's report, or for a client's user its brand's."""
    return _page(agency_report(actor(), _span()), actor().client_id)


@console.get("/reports/clients/<int:client_id>")
@signed_in
def client_reports(client_id: int) -> ResponseReturnValue:
    """One client's report."""
    return _page(client_report(actor(), client_id, _span(), as_client=_as_client()), client_id)


@console.get("/reports/accounts/<key>")
@signed_in
def account_reports(key: str) -> ResponseReturnValue:
    """One account's report."""
    return _page(account_report(actor(), key, _span()), actor().client_id)


@console.get("/reports/definitions")
@signed_in
def reports_definitions() -> ResponseReturnValue:
    """What every figure means and where it comes from."""
    return page("reports/definitions.html", definitions=DEFINITIONS.values(), groups=GROUPS, sources=SOURCES)


@console.get("/reports/zip")
@signed_in
def reports_zip() -> ResponseReturnValue:
    """Everything of the span in one file."""
    return downloads.whole_span(actor(), _span(), language())


def _span() -> Span:
    """The span that is asked for; the running month when none is."""
    wanted = request.args.get("period", "")
    return span(wanted) if wanted else around("month", today())


def _as_client() -> bool:
    """Whether it is wanted as the client's people see it."""
    return request.args.get("as") == "client"


def _page(report: PeriodReport, client: int | None) -> ResponseReturnValue:
    """The report as a page, or as the file that is asked for."""
    kind = request.args.get("format", "")
    if kind:
        return downloads.report(actor(), report, kind, client, language())
    shown = span(report.period)
    narrow = pictures(report, language(), NARROW)
    charts = [(name, chart, narrow[name]) for name, chart in pictures(report, language(), WIDE).items()]
    return page(
        "reports/page.html", report=report, span=shown, cards=cards_of(report), charts=charts, definitions=DEFINITIONS,
        kinds=_kinds(shown),
        sources=said.sources, said=said, side=1 if language() == "en" else 0, drawn=drawn, at=_at, after=_after(shown),
        client=(request.view_args or {}).get("client_id"), as_client=_as_client(),
    )  # fmt: skip


def _kinds(shown: Span) -> list[tuple[str, tuple[str, str], Span]]:
    return [(kind, title, around(kind, shown.first)) for kind, title in KINDS]


def _after(shown: Span) -> Span | None:
    """The next one, unless it has not begun."""
    following = around(shown.kind, shown.last + timedelta(days=1))
    return following if following.first <= today() else None


def _at(period: str, format: str | None = None) -> str:
    """This page's address for another span or as a file."""
    values = {**(request.view_args or {}), "period": period, "format": format, "as": "client" if _as_client() else None}
    return url_for(request.endpoint or "", **values)


def drawn(chart: Chart) -> Markup:
    """A chart's drawing. Its texts were escaped where they were written."""
    return Markup(chart.svg)  # noqa: S704
