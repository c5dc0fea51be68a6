"""A report without what its reader is not shown: nothing of it stays, in no table, chart, list or sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from saas.reports.definitions import OF_DAYS
from saas.reports.periods.report import AccountLine, ClientLine, DayLine, PeriodReport, SentLine
from saas.reports.report import AccountReport, CampaignReport
from saas.reports.shown.policy import Hidden, withheld

Value = TypeVar("Value")
OF_A_DAY = ("opened", *OF_DAYS)


def kept(values: Mapping[str, Value], hidden: Hidden) -> dict[str, Value]:
    """The values by name, without those that are hidden."""
    return {name: value for name, value in values.items() if name not in hidden}


def period_without(report: PeriodReport, hidden: Hidden) -> PeriodReport:
    """The report of a span; its sentences were made without what is hidden. Ranks and hours tell the open rate and go with it."""
    if not hidden:
        return report
    ranked = "open" not in hidden
    return replace(
        report,
        measures=kept(report.measures, hidden),
        before=kept(report.before, hidden),
        year_before=kept(report.year_before, hidden),
        median={} if "median" in hidden else kept(report.median, hidden),
        clients=[_client(line, hidden) for line in report.clients],
        accounts=[_account(line, hidden) for line in report.accounts],
        days=[_day(line, hidden) for line in report.days],
        best=[_sent(line, hidden) for line in report.best] if ranked else [],
        worst=[_sent(line, hidden) for line in report.worst] if ranked else [],
        slots=report.slots if ranked else [],
        scenes={} if "scenes" in hidden else report.scenes,
        caps=[] if "caps" in hidden else report.caps,
        sends=[_sent(line, hidden) for line in report.sends],
        not_shown=sorted(hidden),
    )


def campaign_without(report: CampaignReport, hidden: Hidden) -> CampaignReport:
    """The report of a campaign, its accounts' figures and rates."""
    if not hidden:
        return report
    return replace(report, accounts=[_standing(row, hidden) for row in report.accounts], not_shown=sorted(hidden))


def _standing(row: AccountReport, hidden: Hidden) -> AccountReport:
    return replace(row, figures=kept(row.figures, withheld(hidden)), rates=kept(row.rates, hidden))


def _client(line: ClientLine, hidden: Hidden) -> ClientLine:
    return replace(line, measures=kept(line.measures, hidden))


def _account(line: AccountLine, hidden: Hidden) -> AccountLine:
    against = {} if "median" in hidden else kept(line.against, hidden)
    return replace(line, measures=kept(line.measures, hidden), against=against)


def _day(line: DayLine, hidden: Hidden) -> DayLine:
    gone: dict[str, Any] = {name: None for name in OF_A_DAY if name in hidden}
    return replace(line, **gone)


def _sent(line: SentLine, hidden: Hidden) -> SentLine:
    return replace(line, figures=kept(line.figures, withheld(hidden)), rates=kept(line.rates, hidden))
