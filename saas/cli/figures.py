"""``figures``: what accounts gain and lose by day, and numbers that a person enters."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.reports.by_hand import days_of, enter_day, enter_figures
from saas.reports.definitions import DEFINITIONS, OF_DAYS, SOURCES
from saas.reports.mishaps.service import KINDS, enter_mishap, withdraw_mishap


class Day(click.ParamType[date]):
    """A day as 2026-11-22."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day, or a word on how to write one."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(both(f"“{value}”不是日期，例如 2026-11-22", f"'{value}' is not a day such as 2026-11-22"), param, ctx)


class Number(click.ParamType[tuple[str, int]]):
    """A figure's name and its value, as opened=321."""

    name = "name=number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """The pair, or a word on how to write one."""
        name, _, number = str(value).partition("=")
        if not number.isdecimal():
            self.fail(both(f"“{value}”应写作 opened=321", f"'{value}' should read like opened=321"), param, ctx)
        return name, int(number)


@click.group("figures")
def figures() -> None:
    """What accounts gain and lose by day, and numbers entered by hand."""


@figures.command("days")
@click.argument("account")
@JSON
@AS
@TENANT
def days(account: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The last month of an account, day by day, each number with its source; a gap is a gap."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = days_of(actor, account)
    if as_json:
        give_json(asdict(found))
        return
    header = (both("日期", "day"), *(both(*DEFINITIONS[name].title) for name in OF_DAYS))
    rows = []
    for one in found.days:
        known = [one.figures.get(name) for name in OF_DAYS]
        rows.append((str(one.day), *(f"{k.value:,} · {both(*SOURCES[k.source])}" if k else "—" for k in known)))
    click.echo(table(header, rows))
    if found.fault:
        say(f"平台上次没有给出数字：{found.fault}", f"the platform told nothing the last time: {found.fault}")


@figures.command("enter")
@click.argument("numbers", type=Number(), nargs=-1, required=True, metavar="NAME=NUMBER…")
@click.option("--account", required=True, metavar="KEY", help="the account")
@click.option("--campaign", type=int, metavar="CAMPAIGN", help="figures of a campaign on that account")
@click.option("--day", type=Day(), metavar="DAY", help="what the account gained, lost or was told on that day")
@click.option("--reason", required=True, help="where the numbers come from")
@AS
@TENANT
def enter(
    numbers: tuple[tuple[str, int], ...],
    account: str,
    campaign: int | None,
    day: date | None,
    reason: str,
    email: str | None,
    tenant: str | None,
) -> None:
    """Enter what a person read somewhere; it is marked as such, and never stands over a platform's own number."""
    if (campaign is None) == (day is None):
        raise click.UsageError(both("--campaign 和 --day 写且只写一个", "Give --campaign or --day, and only one of them."))
    with stack(), acting(email, "editor", tenant) as actor:
        if campaign is not None:
            enter_figures(actor, campaign, account, dict(numbers), reason)
        elif day is not None:
            enter_day(actor, account, day, dict(numbers), reason)
    say("已登记，报告中标为人工登记", "entered; reports mark it as entered by hand")


@figures.command("incident")
@click.argument("campaign", type=int)
@click.argument("account")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="what befell it")
@click.option("--note", required=True, metavar="TEXT", help="where it was seen; reports show it")
@AS
@TENANT
def incident(campaign: int, account: str, kind: str, note: str, email: str | None, tenant: str | None) -> None:
    """Enter that a campaign was folded on an account, or judged a reprint; reports mark it as entered by hand."""
    with stack(), acting(email, "editor", tenant) as actor:
        number = enter_mishap(actor, campaign, account, kind, note)
    say(f"已登记 #{number}", f"entered as #{number}")


@figures.command("withdraw")
@click.argument("incident", type=int)
@AS
@TENANT
def withdraw(incident: int, email: str | None, tenant: str | None) -> None:
    """An incident that was entered was none; the audit log keeps that it was."""
    with stack(), acting(email, "editor", tenant) as actor:
        withdraw_mishap(actor, incident)
    say("已撤下", "withdrawn")
