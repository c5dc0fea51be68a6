"""The tables of a report: columns and rows of values, for Excel, CSV and paper alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from saas.reports.definitions import DEFINITIONS, OF_FIGURES, RATES, SOURCES
from saas.reports.experiments.result import Experiment
from saas.reports.exports.words import INCIDENTS, NONE, STATES, UNITS, dates, instant, sources, unit
from saas.reports.periods.report import Incident, PeriodReport, SentLine

Value = str | float | int | None
COUNTS = ("intended", "delivered", "failed", "skipped", "unknown", "awaiting", "recalled")


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``rates``: the columns that hold rates (0..1), ``rate_rows`` the rows; ``charted``: those that Excel draws.

    None in a row: not known.
    """

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value]]
    rates: frozenset[int] = frozenset()
    widths: Sequence[int] = ()
    rate_rows: frozenset[int] = frozenset()
    charted: tuple[int, ...] = ()


def _shown(report: PeriodReport, names: Iterable[str]) -> list[str]:
    """Those that are shown to this reader."""
    return [name for name in names if name not in report.not_shown]


def overview(report: PeriodReport, side: int) -> Table:
    """Every figure with the time before, last year, the days these are of, its sources and its formula."""
    before, year = (dates(days, side) for days in (report.before_days, report.year_before_days))
    zh = ("指标", "本期", f"上期 {before}", f"去年同期 {year}", "来源", "截至", "口径")
    header = (zh, ("Figure", "Now", f"Before {before}", f"Last year {year}", "Source", "As of", "Formula"))[side]
    shown = _shown(report, DEFINITIONS)
    rows = [
        [one.title[side], report.measures[name].value, report.before[name].value, report.year_before[name].value,
         sources(report.measures[name], side), instant(report.measures[name].as_of, report.zone), one.formula[side]]
        for name, one in DEFINITIONS.items() if name in shown
    ]  # fmt: skip
    rates = frozenset(place for place, name in enumerate(shown) if name in RATES)
    return Table(("概览", "Overview")[side], header, rows, widths=(22, 14, 14, 14, 26, 18, 60), rate_rows=rates)


def accounts(report: PeriodReport, side: int) -> Table:
    """A row an account."""
    names = _shown(report, ("delivered", "opened", "shared", *RATES, "gained", "lost", "growth", "followers", "replies"))
    titles = [DEFINITIONS[name].title[side] for name in names]
    header = [
        *(("账号", "编号", "客户", "单位", "发送次数", "目标"), ("Account", "Key", "Client", "Unit", "Sends", "Intended"))[side],
        *titles,
    ]
    rows: list[list[Value]] = []
    for line in report.accounts:
        values = [line.measures[name].value for name in names]
        values[0] = line.delivered
        rows.append([line.name, line.key, line.client, UNITS[line.unit][side], line.sends, line.intended, *values])
    rates = frozenset(6 + place for place, name in enumerate(names) if name in RATES)
    return Table(("账号", "Accounts")[side], header, rows, rates, (26, 20, 16, 8), charted=(6,))


def days(report: PeriodReport, side: int) -> Table:
    """A row a day."""
    names = _shown(report, ("sends", "intended", "delivered", "opened", "gained", "lost", "replies", "followers"))
    header = [("日期", "Day")[side], *(DEFINITIONS[name].title[side] for name in names)]
    rows = [[day.day, *(getattr(day, name) for name in names)] for day in report.days]
    return Table(
        ("每日", "Days")[side],
        header,
        rows,
        widths=(14,),
        charted=tuple(1 + names.index(one) for one in ("delivered", "opened") if one in names),
    )


def sends(report: PeriodReport, side: int) -> Table:
    """A row a send."""
    fixed = (
        ("时间", "活动", "编号", "客户", "账号", "账号编号", "单位", "状态"),
        ("Time", "Campaign", "Number", "Client", "Account", "Key", "Unit", "State"),
    )[side]
    figures, shares = _shown(report, OF_FIGURES), _shown(report, RATES)
    header = [*fixed, *(DEFINITIONS[name].title[side] for name in (*COUNTS, *figures, *shares))]
    first = len(fixed) + len(COUNTS) + len(figures)
    rates = frozenset(range(first, first + len(shares)))
    rows = (_sent(line, report.zone, side, figures, shares) for line in report.sends)
    return Table(("发送明细", "Sends")[side], header, rows, rates, (18, 26, 8, 16, 24, 18))


def _sent(line: SentLine, zone: str, side: int, names: Sequence[str], shares: Sequence[str]) -> list[Value]:
    figures = [line.figures[name].value if name in line.figures else None for name in names]
    about: list[Value] = [instant(line.due_at, zone), line.name, line.campaign, line.client, line.account_name, line.account]
    state = [unit(line.unit, side), STATES[line.state][side]]
    return [*about, *state, *(line.counts[name] for name in COUNTS), *figures, *(line.rates.get(name) for name in shares)]


def caps(report: PeriodReport, side: int) -> Table:
    """A row a cap of an account."""
    zh = ("账号", "额度", "已用", "别处已用", "上限", "还剩", "单位", "依据")
    header = (zh, ("Account", "Cap", "Used", "Elsewhere", "Amount", "Left", "Unit", "Source"))[side]
    rows: list[list[Value]] = [
        [cap.name, cap.title[side], cap.used, cap.external, cap.amount, cap.left, unit(cap.unit, side), cap.source]
        for cap in report.caps
    ]
    return Table(("额度", "Caps")[side], header, rows, widths=(26, 30, 8, 8, 8, 8, 8, 50))


def incidents(report: PeriodReport, side: int) -> Table:
    """A row an incident."""
    zh = ("情况", "时间", "活动", "客户", "账号", "数量", "单位", "原因", "来源")
    header = (zh, ("What", "Time", "Campaign", "Client", "Account", "Count", "Unit", "Why", "Source"))[side]
    rows = [_incident(one, report.zone, side) for one in report.incidents]
    return Table(("事件", "Incidents")[side], header, rows, widths=(14, 18, 26, 16, 24, 8, 8, 60, 14))


def _incident(one: Incident, zone: str, side: int) -> list[Value]:
    about: list[Value] = [INCIDENTS[one.kind][side], instant(one.due_at, zone), one.name, one.client, one.account]
    return [*about, one.people, unit(one.unit, side), one.reason[side], SOURCES[one.source][side]]


def experiments(report: PeriodReport, side: int) -> Table:
    """A row a variant; what was concluded stands with the first."""
    zh = (
        "对比",
        "假设",
        "指标",
        "组",
        "活动",
        "标题",
        "多少人里",
        "多少人",
        "比率",
        "95% 下限",
        "95% 上限",
        "来源",
        "结论",
        "注意",
    )
    en = ("A/B", "Hypothesis", "Figure", "Variant", "Campaign", "Title", "Out of", "People", "Rate", "95 % low", "95 % high")
    header = (zh, (*en, "Source", "Conclusion", "Mind"))[side]
    rows = [row for one in report.experiments for row in _variants(one, side)]
    widths = (22, 30, 10, 6, 24, 30, 10, 10, 10, 10, 10, 16, 60, 60)
    return Table(("对比试验", "A-B")[side], header, rows, frozenset({8, 9, 10}), widths)


def _variants(one: Experiment, side: int) -> Iterator[list[Value]]:
    said = [
        one.conclusion[side],
        "；".join(pair[0] for pair in one.caveats) if side == 0 else "; ".join(p[1] for p in one.caveats),
    ]
    for place, variant in enumerate(one.variants):
        numbers: list[Value] = [variant.base, variant.top, variant.rate, variant.low, variant.high]
        source = ("、", ", ")[side].join(SOURCES[name][side] for name in variant.sources) or NONE
        about: list[Value] = [
            one.name,
            one.hypothesis,
            DEFINITIONS[one.figure].title[side],
            variant.label,
            variant.name,
            variant.title,
        ]
        yield [*about, *numbers, source, *(said if place == 0 else ["", ""])]


def tables(report: PeriodReport, side: int) -> Iterator[Table]:
    """All of them, in reading order."""
    for make in (overview, accounts, days, sends, caps, incidents):
        if make is not caps or "caps" not in report.not_shown:
            yield make(report, side)
    if report.experiments:
        yield experiments(report, side)
    if report.untold:
        rows = [[pair[side]] for pair in report.untold]
        yield Table(("没有的数字", "Not told")[side], [("说明", "What is missing, and why")[side]], rows, widths=(100,))
