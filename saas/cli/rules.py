"""``rules``: the packs and their rules on a day, what the agency changed, clients' trades, and old campaigns read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import click

from saas.channels.passage import TRADES
from saas.cli.context import acting, stack
from saas.cli.saying import NOT_ALL, both, give_json, say, show_finding, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.replaying import Replay
from saas.delivery.replaying import replay as read_again
from saas.review.rulebook.overrides import Override, Wish, lift, list_overrides, override, set_trades
from saas.review.rulebook.packs import KIND_WORDS, Rule, packs, rules_named


class Day(click.ParamType[date]):
    """A calendar day."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day, or a word on how to write one."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(both(f"“{value}”不是日期，例如 2026-11-22", f"'{value}' is not a date such as 2026-11-22"), param, ctx)


@click.group("rules")
def rules() -> None:
    """Rules of platforms and of law, by pack and day."""


@rules.command("list")
@JSON
@AS
@TENANT
def list_packs(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every rule pack with its version, then what the agency changed."""
    with stack(), acting(email, "editor", tenant) as actor:
        changes = list_overrides(actor)
    found = packs()
    if as_json:
        listed = [
            {"name": p.name, "kind": p.kind, "title": p.title, "version": p.version, "rules": p.rules, "source": p.source}
            for p in found
        ]
        give_json({"packs": listed, "overrides": [asdict(change) for change in changes]})
        return
    header = (
        both("规则包", "pack"),
        both("类型", "kind"),
        both("名称", "title"),
        both("版本", "version"),
        both("条数", "rules"),
        both("来源", "source"),
    )
    rows = [(p.name, both(*KIND_WORDS[p.kind]), both(*p.title), p.version, p.rules, p.source) for p in found]
    click.echo(table(header, rows, {5: 60}))
    _show_changes([change for change in changes if change.in_force])


def _show_changes(changes: Sequence[Override]) -> None:
    for one in changes:
        value = one.severity or f"{one.amount:,}"
        until = f" {both('至', 'until')} {one.until}" if one.until else ""
        click.echo(f"#{one.id}  {one.pack}:{one.rule} → {value}{until}  {one.reason}（{one.by}，{one.at:%Y-%m-%d}）")


@rules.command("show")
@click.argument("name")
@click.option("--on", "day", type=Day(), help="the rules of that day; without it all, past and future")
@JSON
@AS
@TENANT
def show(name: str, day: date | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The rules of a pack, or every rule of that name: limits, dates, sources, what the agency changed."""
    with stack(), acting(email, "editor", tenant) as actor:
        changes = {(c.pack, c.rule): c for c in list_overrides(actor) if c.in_force}
    found = rules_named(name, day)
    if as_json:
        give_json([asdict(rule) | {"override": _plain(changes.get((rule.pack, rule.name)))} for rule in found])
        return
    for rule in found:
        _show_rule(rule, changes.get((rule.pack, rule.name)))


def _plain(change: Override | None) -> object:
    return asdict(change) if change else None


def _show_rule(rule: Rule, change: Override | None) -> None:
    dates = f"{rule.since or '…'} – {rule.until or '…'}" if rule.since or rule.until else both("一直有效", "no dates")
    whom = "、".join(both(*words) for words in rule.scope)
    click.echo(
        click.style(f"{rule.pack}:{rule.name}", bold=True)
        + f"  {both(*rule.title)}  [{rule.type}{f' {rule.severity}' if rule.severity else ''}]"
    )
    click.echo(f"    {both(*rule.value)}" + (f"  · {whom}" if whom else ""))
    grade = f" ({rule.grade})" if rule.grade else ""
    click.echo(f"    {dates}  {both('依据', 'by')} {rule.source}{grade}")
    if change:
        click.echo(f"    {both('本机构调整', 'changed by the agency')}: ", nl=False)
        _show_changes([change])


@rules.command("override")
@click.argument("pack")
@click.argument("rule")
@click.option("--amount", type=int, help="another limit, of a content rule")
@click.option("--severity", help="block, warn or note, of a compliance rule; what blocks becomes a warning at the least")
@click.option("--until", type=Day(), help="the first day it no longer holds")
@click.option("--reason", required=True, help="why")
@AS
@TENANT
def override_one(
    pack: str,
    rule: str,
    amount: int | None,
    severity: str | None,
    until: date | None,
    reason: str,
    email: str | None,
    tenant: str | None,
) -> None:
    """Change a content or compliance rule for the agency, with a reason. Caps and rates are never changed here."""
    with stack(), acting(email, "owner", tenant) as actor:
        done = override(actor, Wish(pack, rule, reason, amount, severity, until))
    say(f"已调整 #{done.id}：{pack}:{rule}", f"changed #{done.id}: {pack}:{rule}")


@rules.command("lift")
@click.argument("number", type=int)
@AS
@TENANT
def lift_one(number: int, email: str | None, tenant: str | None) -> None:
    """End a change: the pack's own rule holds again."""
    with stack(), acting(email, "owner", tenant) as actor:
        done = lift(actor, number)
    say(f"已恢复：{done.pack}:{done.rule}", f"as it was: {done.pack}:{done.rule}")


@rules.command("trades")
@click.argument("client")
@click.argument("trade", nargs=-1, metavar="[TRADE]…")
@AS
@TENANT
def trades_of_client(client: str, trade: tuple[str, ...], email: str | None, tenant: str | None) -> None:
    """Say in which trades a client is (medical, finance, education, food, cosmetics); none to clear."""
    with stack(), acting(email, "owner", tenant) as actor:
        kept = set_trades(actor, client, trade)
    zh, en = ("、".join(TRADES[t][0] for t in kept) or "未填写"), (", ".join(kept) or "not set")
    say(f"{client}：{zh}", f"{client}: {en}")


@rules.command("replay")
@click.argument("campaign", type=int)
@JSON
@AS
@TENANT
def replay(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> int:
    """Read a campaign's texts again under the rules of its own check, and tell what today's rules would say otherwise."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = read_again(actor, campaign)
    if as_json:
        give_json(
            asdict(found) | {"same": found.same, "new": [asdict(f) for f in found.new], "gone": [asdict(f) for f in found.gone]}
        )
    else:
        _show_replay(found)
    return 0 if found.same else NOT_ALL


def _show_replay(found: Replay) -> None:
    count, same = len(found.again), found.same
    zh = f"按 {found.day} 的规则：{count} 条，与当时{'一致' if same else '不一致'}；{found.beyond} 条不重放（图片、链接、平台）"
    en = f"under the rules of {found.day}: {count} findings, {'as then' if same else 'not as then'};"
    en += f" {found.beyond} are not read again (pictures, links, platforms)"
    click.echo(both(zh, en))
    if found.changed:
        click.echo(both("规则包已更新：", "packs changed since: ") + ", ".join(found.changed))
    for title, findings in (
        (both("今天的规则会多出：", "only today's rules find:"), found.new),
        (both("今天的规则不再提：", "today's rules no longer find:"), found.gone),
    ):
        if findings:
            click.echo(title)
            for finding in findings:
                show_finding(asdict(finding))
