"""``reports``: of the agency, a client or an account over a day, week, month or quarter, on the terminal or as a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, locale, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.cli.writing import written
from saas.reports.definitions import DEFINITIONS, SOURCES
from saas.reports.evidence.extract import client_of
from saas.reports.exports import files
from saas.reports.exports.plain import plain
from saas.reports.exports.words import measure, sources, versus
from saas.reports.months import month
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.service import account_report, agency_report, campaign_in_full, client_report, today
from saas.reports.periods.spans import Span, around, span
from saas.reports.shown.policy import CHOICE
from saas.reports.shown.service import choose, chosen
from saas.tenants.actor import Actor

PERIOD = click.option("--period", metavar="PERIOD", help="2026-11-22, 2026-W47, 2026-11 or 2026-Q4; the running month")
OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="write a file: .pdf, .xlsx, .csv or .json"
)


@click.group("reports")
def reports() -> None:
    """Reports of a span of time."""


@reports.command("agency")
@PERIOD
@OUT
@JSON
@AS
@TENANT
def of_agency(period: str | None, out: Path | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Everything the agency sent."""
    with stack(), acting(email, "editor", tenant) as actor:
        _give(actor, agency_report(actor, _span(period)), actor.client_id, out, as_json)


@reports.command("client")
@click.argument("name")
@PERIOD
@OUT
@click.option("--as-client", is_flag=True, help="as that client's people see it")
@JSON
@AS
@TENANT
def of_client(
    name: str, period: str | None, out: Path | None, as_client: bool, as_json: bool, email: str | None, tenant: str | None
) -> None:
    """One client's report."""
    with stack(), acting(email, "editor", tenant) as actor:
        client = client_of(actor, name) or 0
        _give(actor, client_report(actor, client, _span(period), as_client=as_client), client, out, as_json)


@reports.command("account")
@click.argument("key")
@PERIOD
@OUT
@JSON
@AS
@TENANT
def of_account(key: str, period: str | None, out: Path | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """One account's report."""
    with stack(), acting(email, "editor", tenant) as actor:
        _give(actor, account_report(actor, key, _span(period)), actor.client_id, out, as_json)


@reports.command("campaign")
@click.argument("campaign", type=int)
@OUT
@JSON
@AS
@TENANT
def of_campaign(campaign: int, out: Path | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """A campaign in full; its Excel file lists every delivery."""
    with stack(), acting(email, "editor", tenant) as actor:
        _give(actor, campaign_in_full(actor, campaign), actor.client_id, out, as_json)


@reports.command("month")
@click.argument("month")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="where to write it")
@AS
@TENANT
def of_month(month: str, out: Path | None, email: str | None, tenant: str | None) -> None:
    """A zip of everything of a month: PDF, Excel, CSV and JSON of the agency and of every client, and the evidence."""
    with stack(), acting(email, "editor", tenant) as actor:
        wanted = _month(month)
        path = out or Path(f"reports-{wanted.name}.zip")
        written(path, lambda file: files.write_all(actor, wanted, locale(), file))
    say(f"已写入 {path}", f"written to {path}")


@reports.command("figures")
@click.argument("name")
@click.option("--hide", metavar="FIGURE", multiple=True, help="leave this out of what the client sees; may be given again")
@click.option("--show-all", is_flag=True, help="leave nothing out any more")
@JSON
@AS
@TENANT
def figures_shown(name: str, hide: tuple[str, ...], show_all: bool, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Which figures a client sees, or choose them: what is hidden now is replaced."""
    with stack(), acting(email, "admin", tenant) as actor:
        client = client_of(actor, name) or 0
        found = choose(actor, client, hide) if hide or show_all else chosen(actor, client)
    if as_json:
        give_json(asdict(found))
        return
    side = 1 if locale() == "en" else 0
    rows = [
        (one, pair[side], both("不显示", "hidden") if one in found.hidden else both("显示", "shown"))
        for one, pair in CHOICE.items()
    ]
    click.echo(table(("name", both("指标", "figure"), both(f"“{found.client}”看到", f"'{found.client}' sees")), rows))


@reports.command("definitions")
@JSON
def definitions(as_json: bool) -> None:
    """What every figure means and where it may come from."""
    side = 1 if locale() == "en" else 0
    if as_json:
        give_json(
            [
                {"name": one.name, "title": one.title[side], "formula": one.formula[side], "sources": one.sources}
                for one in DEFINITIONS.values()
            ]
        )
        return
    rows = [
        (one.name, one.title[side], one.formula[side], ", ".join(SOURCES[s][side] for s in one.sources))
        for one in DEFINITIONS.values()
    ]
    click.echo(table(("name", both("指标", "figure"), both("口径", "formula"), both("来源", "sources")), rows, {2: 50, 3: 30}))


def _span(period: str | None) -> Span:
    return span(period) if period else around("month", today())


def _month(written: str) -> Span:
    return around("month", month(written))


def _give(actor: Actor, report: PeriodReport, client: int | None, out: Path | None, as_json: bool) -> None:
    if out is not None:
        kind = out.suffix.removeprefix(".").lower()
        files.refuse_unknown(kind)
        written(out, lambda file: files.export(actor, report, kind, client, locale(), file))
        say(f"已写入 {out}", f"written to {out}")
    elif as_json:
        give_json(plain(report, locale()))
    else:
        _show(report)


def _show(report: PeriodReport) -> None:
    side = 1 if locale() == "en" else 0
    click.echo(f"{report.subject} · {report.period_words[side]}\n{report.conclusion[side]}")
    for pair in report.changes:
        click.echo(f"· {pair[side]}")
    rows = []
    for name, one in DEFINITIONS.items():
        if name not in report.measures:
            continue
        now, before, year = report.measures[name], report.before[name], report.year_before[name]
        against = (versus(name, now, before, side), versus(name, now, year, side))
        rows.append((one.title[side], measure(name, now.value), *against, sources(now, side)))
    header = (
        both("指标", "figure"),
        both("本期", "now"),
        both("环比", "vs before"),
        both("同比", "vs last year"),
        both("来源", "source"),
    )
    click.echo(table(header, rows))
