"""``inbox``: what people wrote to accounts, and the rules by which they are answered."""

from __future__ import annotations

from dataclasses import asdict

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, clock_time, give_json, locale, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.inbound.policy import KINDS
from saas.delivery.inbound.reading import Entry, Wanted, list_entries
from saas.delivery.inbound.rules import RuleView, decide_rule, list_rules
from saas.delivery.listening.showing import Line, list_gaps, list_lines


@click.group("inbox")
def inbox() -> None:
    """What people wrote to accounts and did on them, and how they are answered."""


@inbox.command("list")
@click.option("--client", default="", metavar="NAME", help="of one client")
@click.option("--account", default="", metavar="KEY", help="of one account")
@click.option("--kind", default="", type=click.Choice(("", *KINDS)), help="of one kind")
@click.option("--unread", is_flag=True, help="what nobody has read")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="at most so many")
@JSON
@AS
@TENANT
def list_all(
    client: str, account: str, kind: str, unread: bool, limit: int, as_json: bool, email: str | None, tenant: str | None
) -> None:
    """The newest first. People are shown by a mark, never by an open id."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        found = list_entries(actor, Wanted(client, account, kind, unread), limit=limit)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (
        "id",
        both("时间", "at"),
        both("账号", "account"),
        both("类型", "kind"),
        both("用户", "person"),
        both("内容", "said"),
        both("回复", "answer"),
    )
    click.echo(table(header, [_line(one) for one in found], {5: 48, 6: 32}))


@inbox.command("rules")
@JSON
@AS
@TENANT
def rules(as_json: bool, email: str | None, tenant: str | None) -> None:
    """The rules of automatic answers, and whether a second person has approved them."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        found = list_rules(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (
        "id",
        both("客户", "client"),
        both("账号", "account"),
        both("规则", "rule"),
        both("关键词", "words"),
        both("状态", "state"),
        both("已回复", "said"),
    )
    click.echo(table(header, [_rule(one) for one in found], {4: 32}))


@inbox.command("approve")
@click.argument("rule", type=int)
@click.option("--reject", is_flag=True, help="refuse it, or take an approval back")
@click.option("--comment", default="", help="why")
@AS
@TENANT
def approve(rule: int, reject: bool, comment: str, email: str | None, tenant: str | None) -> None:
    """Let a rule answer, as it stands now; never one's own."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        digest = next((one.digest for one in list_rules(actor) if one.id == rule), "")
        told = decide_rule(actor, rule, digest, not reject, comment)
    if told.state == "approved":
        say(f"规则 {rule}“{told.name}”已批准", f"rule {rule} '{told.name}' is approved")
    else:
        say(f"规则 {rule}“{told.name}”已退回，不再回复", f"rule {rule} '{told.name}' is rejected and answers nobody")


@inbox.command("lines")
@JSON
@AS
@TENANT
def lines(as_json: bool, email: str | None, tenant: str | None) -> None:
    """The accounts whose events are heard over a WebSocket, and from when to when nobody listened."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        found, gaps = list_lines(actor), list_gaps(actor)
    if as_json:
        give_json({"lines": [asdict(one) for one in found], "gaps": [asdict(one) for one in gaps]})
        return
    header = (both("账号", "account"), both("收听", "heard"), both("最近", "last"), both("原因", "why"))
    click.echo(table(header, [_heard(one) for one in found]))
    for gap in gaps:
        span, why = f"{clock_time(gap.from_at)} – {clock_time(gap.until_at)}", gap.why[0 if locale() == "zh" else 1]
        say(f"{gap.account} 未收听 {span}：{why}", f"{gap.account} was not heard {span}: {why}")


def _heard(one: Line) -> tuple[str, ...]:
    state = both("在线", "up") if one.up else both("中断", "down")
    return (one.account, state, clock_time(one.heard_at) if one.heard_at else "", one.why[0 if locale() == "zh" else 1])


def _line(one: Entry) -> tuple[str, ...]:
    answered = f"{one.reply}: {one.says}" if one.reply else ""
    place = f"[{one.place_title or one.place}] " if one.place else ""
    return (str(one.id), clock_time(one.at), one.account, one.kind, one.person, place + one.said[:200], answered[:80])


def _rule(one: RuleView) -> tuple[str, ...]:
    words = " ".join(one.words) or one.occasion
    state = one.state if one.is_on else f"{one.state}, off"
    return (str(one.id), one.client, one.account or "*", one.name, words, state, str(one.said))
