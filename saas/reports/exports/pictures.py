"""The charts of a report, by name: the same for its page and its PDF."""

from __future__ import annotations

from collections.abc import Iterator

from saas.reports import charts
from saas.reports.charts import Chart, Series
from saas.reports.charts.scale import count, share, whole
from saas.reports.definitions import DEFINITIONS, SCENES
from saas.reports.exports.words import WEEKDAYS
from saas.reports.periods.report import AccountLine, PeriodReport

MOST = 12
FEWEST_SLOTS = 3
WIDE, NARROW = 640.0, 343.0


def pictures(report: PeriodReport, language: str, wide: float = WIDE) -> dict[str, Chart]:
    """Those that have something to show."""
    side = 1 if language == "en" else 0
    made = (_days, _growth, _followers, _outcomes, _rates, _slots, _scenes)
    return {name: chart for draw in made for name, chart in draw(report, side, wide)}


def _days(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    if len(report.days) > 1 and any(day.delivered for day in report.days):
        series = [
            _series(name, [getattr(day, name) for day in report.days], side)
            for name in ("delivered", "opened")
            if name in report.measures
        ]
        yield (
            "days",
            charts.columns(
                ("每日送达与打开", "Delivered and opened by day")[side]
                if len(series) > 1
                else ("每日送达", "Delivered by day")[side],
                _labels(report),
                series,
                count(_language(side)),
                wide=wide,
                exact=whole,
            ),
        )


def _growth(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    if len(report.days) > 1 and any(day.gained or day.lost for day in report.days):
        series = [
            _series(name, [getattr(day, name) for day in report.days], side)
            for name in ("gained", "lost")
            if name in report.measures
        ]
        yield (
            "growth",
            charts.line(
                ("每日新增与取消关注", "Gained and lost by day")[side],
                _labels(report),
                series,
                count(_language(side)),
                wide=wide,
                exact=whole,
            ),
        )


def _followers(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    if "followers" in report.measures and sum(day.followers is not None for day in report.days) > 1:
        series = [_series("followers", [day.followers for day in report.days], side)]
        title = ("关注总数（纵轴不从 0 开始）", "Followers (the axis does not begin at 0)")[side]
        yield "followers", charts.line(title, _labels(report), series, "{:,.0f}".format, wide=wide, level=True)


def _outcomes(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    every = [line for line in report.accounts if line.unit == "person"]
    if lines := every[:MOST]:
        parts = [
            _series(name, [line.measures[name].value for line in lines], side)
            for name in ("delivered", "failed", "skipped", "unknown", "awaiting")
        ]
        title = ("各账号的去向", "What became of it, by account")[side] + _first(every, side)
        yield (
            "outcomes",
            charts.stacked(title, [line.name for line in lines], parts, count(_language(side)), wide=wide, exact=whole),
        )


def _rates(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    known = [line for line in report.accounts if "open" in line.measures and line.measures["open"].compared is not None]
    lines = known[:MOST]
    ordered: list[AccountLine] = sorted(lines, key=lambda line: -(line.measures["open"].compared or 0))
    if ordered:
        values = [line.measures["open"].compared for line in ordered]
        title, mean = ("各账号打开率", "Open rate by account")[side] + _first(known, side), ("机构中位数", "agency median")[side]
        names = [line.name for line in ordered]
        yield "rates", charts.bars(title, names, values, share, wide=wide, mean=report.median.get("open"), mean_name=mean)


def _first(every: list[AccountLine], side: int) -> str:
    """Which of many accounts are drawn."""
    return (f"（送达最多的 {MOST} 个）", f" (the {MOST} that reached most)")[side] if len(every) > MOST else ""


def _slots(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    known = {(slot.weekday, slot.hour): slot for slot in report.slots if slot.open is not None}
    if len(known) < FEWEST_SLOTS:
        return
    first, last = min(hour for _, hour in known), max(hour for _, hour in known)
    hours = range(max(0, first - 1), min(23, last + 1) + 1)
    cells = [[known[day, hour].open if (day, hour) in known else None for hour in hours] for day in range(7)]
    said = ("{} 次发送", "{} sends")[side]
    why = [[said.format(known[day, hour].sends) if (day, hour) in known else "" for hour in hours] for day in range(7)]
    columns = [f"{hour}{('时', 'h')[side]}" for hour in hours]
    title = ("各时段打开率", "Open rate by hour of the week")[side]
    yield "slots", charts.heat(title, WEEKDAYS[side].split(), columns, cells, share, wide=wide, why=why)


def _scenes(report: PeriodReport, side: int, wide: float) -> Iterator[tuple[str, Chart]]:
    if report.scenes:
        names = sorted(report.scenes, key=lambda name: -report.scenes[name].value)
        title, values = ("读者从哪里来", "Where readers came from")[side], [report.scenes[name].value for name in names]
        yield (
            "scenes",
            charts.bars(title, [SCENES[name][side] for name in names], values, count(_language(side)), wide=wide, exact=whole),
        )


def _series(name: str, values: list[int | None] | list[float | None], side: int) -> Series:
    return Series(DEFINITIONS[name].title[side], values)


def _labels(report: PeriodReport) -> list[str]:
    return [day.day[5:] for day in report.days]


def _language(side: int) -> str:
    return "en" if side else "zh"
