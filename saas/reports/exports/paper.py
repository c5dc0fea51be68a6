"""A report as PDF: every value is formatted here, the template only places it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from saas.kernel import typesetting
from saas.kernel.errors import Words
from saas.reports.definitions import DEFINITIONS, GROUPS, OF_GROUPS
from saas.reports.experiments.result import Experiment
from saas.reports.exports import tables
from saas.reports.exports.branding import Branding
from saas.reports.exports.pictures import pictures
from saas.reports.exports.words import EARLY, NONE, dates, instant, measure, mood, percent, points, sources, unit, versus
from saas.reports.periods.report import AccountLine, PeriodReport, SentLine

TEMPLATE = Path(__file__).with_name("period.typ")
CARDS = ("sends", "delivered", "delivery", "opened", "open", "share", "growth", "lost_72h")
NEXT = ("followers", "opened_all", "replies", "liked", "intended", "failed", "skipped", "unknown", "recalled")
"""What takes the place of a card that is not shown to this reader."""
MOST_INCIDENTS, MOST_ACCOUNTS, MOST_CAPS = 40, 200, 120
KINDS: dict[str, Words] = {
    "agency": ("群发运营报告", "Report of the agency"),
    "client": ("品牌群发报告", "Report for the client"),
    "account": ("账号群发报告", "Report of the account"),
    "campaign": ("活动报告", "Report of the campaign"),
}
WORDS: dict[str, Words] = {
    "conclusion": ("结论", "In one line"),
    "figures": ("主要指标", "Main figures"),
    "changes": ("变化与原因", "What changed, and why"),
    "before": ("环比", "vs before"),
    "year": ("同比", "vs last year"),
    "all": ("全部指标与来源", "All figures and their sources"),
    "source": ("来源", "Source"),
    "until": ("截至", "As of"),
    "evidence": ("证据", "Evidence"),
    "how": (
        "证据文件可离线核对：python3 verify.py 文件 头哈希。头哈希：",
        "The evidence is checked offline: python3 verify.py FILE HEAD. Its head:",
    ),
}


def pdf(report: PeriodReport, brand: Branding, language: str) -> bytes:
    """The finished file; the same report gives the same bytes. Raises the Problem ``no_fonts``."""
    logo = {"logo": brand.logo} if brand.logo else {}
    made = datetime.fromisoformat(report.made_at)
    return typesetting.pdf(TEMPLATE, values(report, brand, language), logo, made)


def values(report: PeriodReport, brand: Branding, language: str) -> dict[str, Any]:
    """What the template places."""
    side = 1 if language == "en" else 0
    made, compared = instant(report.made_at, report.zone), report.scope != "campaign"
    return {
        "language": language,
        "title": f"{report.subject} {report.period}",
        "kind": KINDS[report.scope][side],
        "subject": report.subject,
        "agency": report.agency,
        "period": report.period_words[side],
        "made": (f"生成于 {made}", f"made {made}")[side],
        "colour": brand.colour,
        "footer": brand.footer or report.agency,
        "conclusion": report.conclusion[side],
        "changes": [pair[side] for pair in report.changes] if compared else [],
        "compared": compared,
        "untold": [pair[side] for pair in report.untold],
        "cards": [_card(report, name, side) for name in cards_of(report)],
        "charts": [{"title": chart.title, "svg": chart.svg} for chart in pictures(report, language).values()],
        "tables": list(_tables(report, side)),
        "heads": report.heads,
        "sections": [one for group in GROUPS if (one := _section(report, group, side, compared))["rows"]],
        "words": {name: pair[side] for name, pair in WORDS.items()},
    }


def cards_of(report: PeriodReport) -> list[str]:
    """The figures that stand first: as many as there are cards; of who sends to groups alone, those of groups."""
    groups_alone = report.measures["groups"].known and not report.measures["delivered"].known
    return [name for name in (*(("sends", *OF_GROUPS) if groups_alone else CARDS), *NEXT) if name in report.measures][
        : len(CARDS)
    ]


def _card(report: PeriodReport, name: str, side: int) -> dict[str, str]:
    now, before, year = report.measures[name], report.before[name], report.year_before[name]
    return {
        "title": DEFINITIONS[name].title[side],
        "value": measure(name, now.value),
        "before": versus(name, now, before, side),
        "year": versus(name, now, year, side),
        "mood": mood(name, now, before),
        "source": sources(now, side),
        "until": WORDS["until"][side] + " " + instant(now.as_of, report.zone) if now.as_of else "",
    }


def _section(report: PeriodReport, group: str, side: int, compared: bool) -> dict[str, Any]:
    """Every figure of a group: what it is, what it was, where it comes from and until when it is known."""
    before, year = (dates(days, side).replace(" ", "\n", 1) for days in (report.before_days, report.year_before_days))
    spans = [(("上期", "Before")[side], before), (("去年同期", "Last year")[side], year)] if compared else []
    names = [name for name, one in DEFINITIONS.items() if one.group == group and name in report.measures and _told(report, name)]
    return {
        "title": GROUPS[group][side],
        "header": [[("指标", "Figure")[side], ""], [("本期", "Now")[side], ""], *(list(one) for one in spans)],
        "rows": [_figure(report, name, side, compared) for name in names],
    }


def _told(report: PeriodReport, name: str) -> bool:
    """Whether there is anything to say: who sends to no group reads no noughts of groups that nobody told."""
    spans = (report.measures, report.before, report.year_before)
    return DEFINITIONS[name].group != "sending" or any(span[name].sources for span in spans)


def _figure(report: PeriodReport, name: str, side: int, compared: bool) -> dict[str, Any]:
    one, now = DEFINITIONS[name], report.measures[name]
    others = [report.before[name].value, report.year_before[name].value] if compared else []
    return {
        "title": one.title[side],
        "formula": one.formula[side],
        "values": [measure(name, value) for value in (now.value, *others)],
        "source": sources(now, side),
        "until": instant(now.as_of, report.zone),
    }


def _tables(report: PeriodReport, side: int) -> list[dict[str, Any]]:
    found = [_clients(report, side)] if report.scope == "agency" else []
    found.append(_accounts(report, side))
    for title, lines in ((("打开率最高", "Read best"), report.best), (("打开率最低", "Read least"), report.worst)):
        if lines:
            found.append(_content(title[side], lines, report.zone, side))
    found += [_experiment(one, side) for one in report.experiments]
    if report.caps:
        found.append(_caps(report, side))
    incidents = tables.incidents(report, side)
    most = [list(row) for row in incidents.rows]
    shown = [[row[0], row[1], row[4], row[7], f"{row[5]:,} {row[6]}"] for row in most[:MOST_INCIDENTS]]
    header = [incidents.header[n] for n in (0, 1, 4, 7, 5)]
    found.append(
        _spec(incidents.name, header, shown, 4, ("没有", "none")[side], _more(len(most) - MOST_INCIDENTS, side), wide=(2, 3))
    )
    return found


def _experiment(one: Experiment, side: int) -> dict[str, Any]:
    zh = ("组", "活动", "标题", "多少人里", "多少人")
    header = [*(zh, ("Variant", "Campaign", "Title", "Out of", "People"))[side], DEFINITIONS[one.figure].title[side], "95 %"]
    rows = []
    for variant in one.variants:
        sure = f"{percent(variant.low)} – {percent(variant.high)}" if variant.low is not None else NONE
        numbers = [NONE if value is None else f"{value:,}" for value in (variant.base, variant.top)]
        rows.append([variant.label, variant.name, variant.title, *numbers, percent(variant.rate), sure])
    said = ("；", "; ")[side].join([one.conclusion[side], *(pair[side] for pair in one.caveats)])
    return _spec(f"A/B · {one.name}", header, rows, 3, "", f"{one.hypothesis} — {said}", wide=(1, 2))


def _caps(report: PeriodReport, side: int) -> dict[str, Any]:
    caps = tables.caps(report, side)
    rows = [row[:6] for row in list(caps.rows)[:MOST_CAPS]]
    return _spec(caps.name, caps.header[:6], rows, 2, "", _more(len(report.caps) - MOST_CAPS, side), wide=(0, 1))


def _more(rows: int, side: int) -> str:
    """That a table goes on in the workbook; nothing where it does not."""
    return (f"另有 {rows} 行，见 Excel", f"{rows} more in the Excel file")[side] if rows > 0 else ""


def _clients(report: PeriodReport, side: int) -> dict[str, Any]:
    names = ("sends", "delivered", "delivery", "open", "share")
    header = [("客户", "Client")[side], ("账号数", "Accounts")[side], *(DEFINITIONS[name].title[side] for name in names)]
    rows = [[one.name, str(one.accounts), *(measure(name, one.measures[name].value) for name in names)] for one in report.clients]
    return _spec(("各客户", "By client")[side], header, rows, 1, ("没有发送", "nothing sent")[side])


def _accounts(report: PeriodReport, side: int) -> dict[str, Any]:
    names = [name for name in ("delivery", "open", "share", "read_through", "growth") if name in report.measures]
    compared = "open" in report.median and "open" in report.measures
    delivered = DEFINITIONS["delivered"].title[side]
    header = [
        ("账号", "Account")[side],
        ("次数", "Sends")[side],
        delivered,
        *(DEFINITIONS[name].title[side] for name in names),
        *([("对比中位数", "vs median")[side]] if compared else []),
    ]
    rows = []
    for line in report.accounts[:MOST_ACCOUNTS]:
        rates = [measure(name, line.measures[name].value) for name in names]
        against = points(line.against["open"]) if "open" in line.against else _uncompared(line, report, side)
        reached = f"{line.delivered:,}" + (f" {unit(line.unit, side)}" if line.unit != "person" else "")
        rows.append([line.name, str(line.sends), reached, *rates, *([against] if compared else [])])
    median, note = report.median.get("open"), _more(len(report.accounts) - MOST_ACCOUNTS, side)
    if median is not None:
        told = (f"机构打开率中位数 {percent(median)}", f"the agency's median open rate is {percent(median)}")[side]
        note = ("；", "; ")[side].join([told, *([note] if note else [])])
    return _spec(("各账号", "By account")[side], header, rows, 1, ("没有发送", "nothing sent")[side], note)


def _uncompared(line: AccountLine, report: PeriodReport, side: int) -> str:
    """Why an account stands beside no median: too early, or there is none."""
    return EARLY[side] if "open" in report.median and line.measures["open"].fresh else NONE


def _content(title: str, lines: Sequence[SentLine], zone: str, side: int) -> dict[str, Any]:
    header = [
        *(("内容", "账号", "时间"), ("Content", "Account", "Time"))[side],
        DEFINITIONS["delivered"].title[side],
        DEFINITIONS["open"].title[side],
    ]
    rows = [
        [
            line.title or line.name,
            line.account_name,
            instant(line.due_at, zone),
            f"{line.counts['delivered']:,}",
            percent(line.rates.get("open")),
        ]
        for line in lines
    ]
    return _spec(title, header, rows, 3, "", wide=(0, 1))


def _spec(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    left: int,
    empty: str,
    note: str = "",
    wide: tuple[int, ...] = (0,),
) -> dict[str, Any]:
    """A table of the template: the first ``left`` columns stand left, those at ``wide`` share what room there is."""
    said = [[f"{cell:,}" if isinstance(cell, int | float) else str(cell or "") for cell in row] for row in rows]
    columns = ["wide" if place in wide else "" for place in range(len(header))]
    return {"title": title, "header": list(header), "rows": said, "left": left, "columns": columns, "empty": empty, "note": note}
