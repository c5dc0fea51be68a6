"""``alerts`` and ``dashboard``: what somebody must hear of, who does, and today at a glance."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from saas.cli.context import acting, stack
from saas.cli.orders import destinations_named, members_named
from saas.cli.saying import NOT_ALL, both, clock_time, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.reports.alerts import client_rules, ruling, service
from saas.reports.alerts.client_rules import FOR_CLIENTS, Wish
from saas.reports.alerts.kinds import KINDS
from saas.reports.dashboard.boxes import Dashboard
from saas.reports.dashboard.service import dashboard as at_a_glance
from saas.reports.evidence.extract import client_of


@click.group("alerts")
def alerts() -> None:
    """What somebody must hear of, and who does."""


@alerts.command("list")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="only these")
@click.option("--closed", is_flag=True, help="what ended in the last seven days")
@JSON
@AS
@TENANT
def list_all(kind: str | None, closed: bool, as_json: bool, email: str | None, tenant: str | None) -> None:
    """What is open, since when, and who was told."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = service.list_alerts(actor, kind, closed)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (both("告警", "alert"), both("对象", "about"), both("内容", "what"), both("开始", "since"), both("通知", "told"))
    rows = [(both(*a.title), both(*a.about), both(*a.what), clock_time(a.since), _told(a)) for a in found]
    click.echo(table(header, rows, {1: 24, 2: 48}))


@alerts.command("rules")
@click.argument("kind", required=False, metavar="[KIND]", type=click.Choice(sorted(KINDS)))
@click.option("--on/--off", "is_on", default=None, help="look for it, or not")
@click.option("--threshold", type=float, metavar="NUMBER", help="from how much on")
@click.option("--roles", metavar="ROLES", help="who gets an e-mail: roles with commas, or none")
@click.option("--quiet", metavar="HOURS", help="22:00-08:00, or none")
@click.option("--window", type=int, metavar="MINUTES", help="what comes within is told in one message")
@click.option("--tell-end/--no-tell-end", default=None, help="also when it is over")
@JSON
@AS
@TENANT
def rules(kind: str | None, as_json: bool, email: str | None, tenant: str | None, roles: str | None, **given: Any) -> None:
    """The rules; with a KIND and options, a change of one."""
    wish = {name: value for name, value in given.items() if value is not None}
    if roles is not None:
        wish["roles"] = [] if roles == "none" else [one.strip() for one in roles.split(",")]
    with stack(), acting(email, "admin", tenant) as actor:
        if wish and kind is None:
            raise click.UsageError(both("请写明改哪条规则", "say which rule to change"))
        if kind is not None and wish:
            ruling.save_rule(actor, kind, ruling.changed(ruling.rule_for(actor, kind), wish))
        found = [view for view in ruling.list_rules(actor) if kind in (None, view.kind.name)]
    if as_json:
        give_json(
            [{"kind": v.kind.name, **asdict(v.rule), "quiet": ruling.quiet_words(v.rule.quiet), "own": v.own} for v in found]
        )
        return
    header = (
        "kind",
        both("告警", "alert"),
        both("启用", "on"),
        both("阈值", "threshold"),
        both("邮件", "e-mail"),
        both("免打扰", "quiet"),
    )
    click.echo(table((*header, both("合并", "window")), [_row(view) for view in found], {4: 40}))


@alerts.command("client-rules")
@JSON
@AS
@TENANT
def list_client_rules(as_json: bool, email: str | None, tenant: str | None) -> None:
    """The rules of clients, with their own threshold, people and places."""
    with stack(), acting(email, "admin", tenant) as actor:
        found = client_rules.list_client_rules(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (both("编号", "number"), both("客户", "client"), "kind", both("账号", "accounts"), both("阈值", "threshold"))
    rows = [
        (one.id, one.client, one.kind, ", ".join(one.accounts), f"{one.threshold:g}", ", ".join(one.people + one.places))
        for one in found
    ]
    click.echo(table((*header, both("通知", "told")), rows, {5: 40}))


@alerts.command("add-client-rule")
@click.argument("kind", metavar="KIND", type=click.Choice(sorted(FOR_CLIENTS)))
@click.option("--client", required=True, metavar="NAME", help="of this client")
@click.option("--account", "accounts", metavar="KEY", multiple=True, help="only this account; may be given again")
@click.option("--to", "people", metavar="EMAIL", multiple=True, help="a member, by e-mail; may be given again")
@click.option("--destination", "places", metavar="NAME", multiple=True, help="a robot or webhook; may be given again")
@click.option("--threshold", type=float, metavar="NUMBER", help="from how much on")
@click.option("--quiet", metavar="HOURS", help="22:00-08:00, or none")
@click.option("--window", type=int, metavar="MINUTES", help="what comes within is told in one message")
@click.option("--tell-end", is_flag=True, help="also when it is over")
@click.option("--instead", is_flag=True, help="the agency's own rule does not hold there")
@JSON
@AS
@TENANT
def add_client_rule(
    client: str,
    people: tuple[str, ...],
    places: tuple[str, ...],
    as_json: bool,
    email: str | None,
    tenant: str | None,
    **rule: Any,
) -> None:
    """A rule for one client, or some of its accounts."""
    with stack(), acting(email, "admin", tenant) as actor:
        whom, where = members_named(actor, people), destinations_named(actor, places)
        number = client_of(actor, client) or 0
        made = client_rules.add_client_rule(actor, Wish(client_id=number, members=whom, destinations=where, **rule))
    if as_json:
        give_json(asdict(made))
    else:
        say(f"已添加客户规则 #{made.id}", f"the client's rule is added as #{made.id}")


@alerts.command("end-client-rule")
@click.argument("rule", type=int)
@AS
@TENANT
def end_client_rule(rule: int, email: str | None, tenant: str | None) -> None:
    """It is looked for no more."""
    with stack(), acting(email, "admin", tenant) as actor:
        client_rules.end_client_rule(actor, rule)
    say("已停用", "ended")


@alerts.command("silence")
@click.argument("kind", metavar="KIND", type=click.Choice(["all", *sorted(KINDS)]))
@click.option("--hours", type=float, default=4.0, show_default=True, help="for how long")
@click.option("--subject", default="", metavar="SUBJECT", help="only this one, as alerts list --json names it")
@click.option("--reason", required=True, help="why")
@JSON
@AS
@TENANT
def silence(kind: str, hours: float, subject: str, reason: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Let nobody hear of it for a while; it stays listed, and what is open afterwards is told."""
    with stack(), acting(email, "admin", tenant) as actor:
        made = service.silence(actor, hours, reason, "" if kind == "all" else kind, subject)
    if as_json:
        give_json(asdict(made))
    else:
        say(f"已静音到 {clock_time(made.until_at)}", f"silenced until {clock_time(made.until_at)}")


@alerts.command("test")
@click.argument("destination", required=False, type=int, metavar="[DESTINATION]")
@JSON
@AS
@TENANT
def test(destination: int | None, as_json: bool, email: str | None, tenant: str | None) -> int:
    """Send a trial message to a destination, or to one's own e-mail; exit 1 when it did not arrive for sure."""
    with stack(), acting(email, "admin", tenant) as actor:
        said = ruling.try_destination(actor, destination)
    if as_json:
        give_json({"outcome": said.word, "fault": said.fault})
    else:
        words = {"told": ("已送出", "it is out"), "perhaps": ("没有答复，可能已到", "no answer: it may have arrived")}
        say(*words.get(said.word, (f"没有送出：{said.fault}", f"it did not go out: {said.fault}")))
    return 0 if said.word == "told" else NOT_ALL


@click.command("dashboard")
@JSON
@AS
@TENANT
def dashboard(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Today at a glance: sends, caps, accounts in trouble, what waits for people, alerts."""
    with stack(), acting(email, "editor", tenant) as actor:
        board = at_a_glance(actor)
    if as_json:
        give_json(asdict(board))
        return
    for zh, en, value in _lines(board):
        click.echo(f"{both(zh, en)}{both('：', ': ')}{value}")
    for one in (*board.alerts, *board.unusual):
        click.echo(f"! {both(*one.title)}{both('：', ': ')}{both(*one.about)}{both('，', ', ')}{both(*one.what)}")


def _lines(board: Dashboard) -> list[tuple[str, str, str]]:
    sends, waits, caps = board.sends, board.waits, board.caps
    return [
        (
            "待发送 / 进行中 / 已完成 / 未全部送出",
            "planned / under way / done / not all out",
            f"{sends.planned} / {sends.going} / {sends.done} / {sends.failed}",
        ),
        ("送达人数", "people reached", f"{sends.people.delivered:,} / {sends.people.intended:,}"),
        (
            "等我审批 / 等人确认 / 结果未知",
            "for my word / to confirm / unknown",
            f"{waits.mine} / {waits.confirmations} / {waits.unknowns}",
        ),
        ("不能发送的账号", "accounts that cannot send", str(board.troubles.count)),
        ("额度已用完 / 将用完", "caps used up / nearly", f"{caps.full} / {caps.near}"),
        ("未解决的告警", "open alerts", str(board.alerts_open)),
    ]


def _told(one: service.Alert) -> str:
    if one.silenced:
        return both("静音", "silenced")
    perhaps = f" (+{one.perhaps}?)" if one.perhaps else ""
    return f"{one.told}{perhaps}/{one.told + one.perhaps + one.waiting + one.failed}"


def _row(view: ruling.RuleView) -> tuple[Any, ...]:
    rule, unit = view.rule, both(*view.kind.unit)
    roles = both("该签字的人", "signers") if view.kind.for_signers else ", ".join(rule.roles)
    on = both("是", "yes") if rule.is_on else both("否", "no")
    threshold = f"{rule.threshold:g} {unit}" if unit else ""
    return view.kind.name, both(*view.kind.title), on, threshold, roles, ruling.quiet_words(rule.quiet), rule.window
