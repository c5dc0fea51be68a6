"""``orders``: reports that go out by themselves, and the links that went out."""

from __future__ import annotations

from dataclasses import asdict

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, clock_time, give_json, locale, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.kernel.errors import NotFound
from saas.reports import orders as service
from saas.reports.alerts.ruling import list_destinations
from saas.reports.evidence.extract import client_of
from saas.reports.guests import service as outside
from saas.reports.guests.policy import STATES as GUEST_STATES
from saas.reports.ordered import PERIODS, words_of
from saas.tenants.actor import Actor
from saas.tenants.service import list_members

SPANS = {str(name): words for name, words in PERIODS.items()}
STATES = {"open": ("有效", "open"), "expired": ("已到期", "expired"), "revoked": ("已停用", "revoked")}


@click.group("orders")
def orders() -> None:
    """Reports that go out by themselves."""


@orders.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every order that stands."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = service.list_orders(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    side = 1 if locale() == "en" else 0
    rows = [
        (
            one.id,
            one.client or both("整个机构", "the agency"),
            SPANS[one.period][side],
            f"{one.hour:02d}:00",
            ", ".join(one.people + one.places),
        )
        for one in found
    ]
    header = (both("编号", "number"), both("谁的报告", "whose"), both("周期", "period"), both("几点", "hour"), both("发给", "to"))
    click.echo(table(header, rows))


@orders.command("add")
@click.argument("period", metavar="PERIOD", type=click.Choice(tuple(PERIODS)))
@click.option("--client", default="", metavar="NAME", help="this client's report; without, the agency's")
@click.option("--to", "people", metavar="EMAIL", multiple=True, help="a member, by e-mail; may be given again")
@click.option(
    "--destination", "places", metavar="NAME", multiple=True, help="a robot or webhook of the alerts; may be given again"
)
@click.option("--guest", "guests", metavar="EMAIL", multiple=True, help="an address outside, asked first; may be given again")
@click.option("--hour", default=9, metavar="HOUR", help="at what hour of the day after, in the agency's zone")
@click.option("--link-days", default=14, metavar="N", help="how long its link is good for, at most 90")
@JSON
@AS
@TENANT
def add(
    period: str, client: str, people: tuple[str, ...], places: tuple[str, ...], guests: tuple[str, ...], hour: int,
    link_days: int, as_json: bool, email: str | None, tenant: str | None,
) -> None:  # fmt: skip
    """Order a report for the end of each day, week, month or quarter."""
    with stack(), acting(email, "owner", tenant) as actor:
        whom, where = members_named(actor, people), destinations_named(actor, places)
        made = service.add_order(actor, period, whom, where, client_of(actor, client), hour, link_days, guests)
    if as_json:
        give_json(asdict(made))
    else:
        say(f"已安排 #{made.id}，下一个周期结束后发出", f"ordered as #{made.id}; it goes out when its next span is over")


@orders.command("end")
@click.argument("order", type=int)
@AS
@TENANT
def end(order: int, email: str | None, tenant: str | None) -> None:
    """No more reports of an order."""
    with stack(), acting(email, "owner", tenant) as actor:
        service.end_order(actor, order)
    say("已停用", "ended")


@orders.command("links")
@JSON
@AS
@TENANT
def links(as_json: bool, email: str | None, tenant: str | None) -> None:
    """The newest hundred links that went out."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = service.list_links(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    side = 1 if locale() == "en" else 0
    rows = [
        (
            one.id,
            one.client or both("整个机构", "the agency"),
            words_of(one.period)[side],
            STATES[one.state][side],
            one.views,
            clock_time(one.expires_at),
        )
        for one in found
    ]
    header = (
        both("编号", "number"),
        both("谁的报告", "whose"),
        both("时间", "span"),
        both("状态", "state"),
        both("打开", "opened"),
        both("到", "until"),
    )
    click.echo(table(header, rows))


@orders.command("revoke")
@click.argument("link", type=int)
@AS
@TENANT
def revoke(link: int, email: str | None, tenant: str | None) -> None:
    """A link leads nowhere from now on."""
    with stack(), acting(email, "owner", tenant) as actor:
        service.revoke_link(actor, link)
    say("链接已停用", "the link leads nowhere any more")


@orders.command("guests")
@JSON
@AS
@TENANT
def guests(as_json: bool, email: str | None, tenant: str | None) -> None:
    """People outside who are asked, or get, the reports of an order."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = outside.list_guests(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (
        both("编号", "number"),
        both("定期报告", "order"),
        both("邮箱", "e-mail"),
        both("状态", "state"),
        both("询问", "asked"),
    )
    rows = [(one.id, one.order_id, one.email, both(*GUEST_STATES[one.state]), clock_time(one.asked_at)) for one in found]
    click.echo(table(header, rows))


@orders.command("invite")
@click.argument("order", type=int)
@click.argument("address", metavar="EMAIL")
@click.option("--language", default="zh", type=click.Choice(("zh", "en")), help="of the mails")
@JSON
@AS
@TENANT
def invite(order: int, address: str, language: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Ask an address outside, by one mail, whether it wants the reports of an order."""
    with stack(), acting(email, "owner", tenant) as actor:
        made = outside.invite_guest(actor, order, address, language)
    if as_json:
        give_json(asdict(made))
    else:
        say(f"已安排一封确认邮件 #{made.id}", f"one mail asks them, as #{made.id}")


@orders.command("remove")
@click.argument("guest", type=int)
@AS
@TENANT
def remove(guest: int, email: str | None, tenant: str | None) -> None:
    """Nothing more to somebody outside; the links they were sent end."""
    with stack(), acting(email, "owner", tenant) as actor:
        outside.remove_guest(actor, guest)
    say("已移除", "removed")


def members_named(actor: Actor, emails: tuple[str, ...]) -> list[int]:
    """Members by their e-mail. NotFound."""
    known = {one.email: one.id for one in list_members(actor)}
    if strangers := [one for one in emails if one not in known]:
        raise NotFound(("成员", "member"), strangers[0])
    return [known[one] for one in emails]


def destinations_named(actor: Actor, names: tuple[str, ...]) -> list[int]:
    """Robots and webhooks of the alerts by name. NotFound."""
    known = {one.name: one.id for one in list_destinations(actor)}
    if strangers := [one for one in names if one not in known]:
        raise NotFound(("告警去处", "destination"), strangers[0])
    return [known[one] for one in names]
