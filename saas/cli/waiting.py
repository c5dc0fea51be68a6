"""``unknowns`` and ``assisted``: what only a person can settle."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, clock_time, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.set_aside import send_again
from saas.delivery.settling import settle_unknown, tick_off
from saas.delivery.unknowns import Waiting, list_assisted, list_unknown
from saas.kernel.errors import counted
from saas.reports.words import platform_code


@click.group("unknowns")
def unknowns() -> None:
    """Deliveries that may have gone out; no machine knows."""


@unknowns.command("list")
@JSON
@AS
@TENANT
def list_unknowns(as_json: bool, email: str | None, tenant: str | None) -> None:
    """All of them, with what is known."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        _show_unknown(list_unknown(actor, None), as_json)


@unknowns.command("settle")
@click.argument("delivery", type=int)
@click.option("--happened", is_flag=True, help="it went out")
@click.option("--did-not-happen", is_flag=True, help="it did not go out")
@click.option("--reason", required=True, help="how you know")
@click.option("--alike", is_flag=True, help="the same for all of its campaign on its account")
@AS
@TENANT
def settle(
    delivery: int, happened: bool, did_not_happen: bool, reason: str, alike: bool, email: str | None, tenant: str | None
) -> None:
    """Say what became of one. It is never sent again by itself."""
    if happened == did_not_happen:
        zh = "--happened 和 --did-not-happen 要写一个，且只写一个；没有记录任何内容"
        raise click.UsageError(both(zh, "Give --happened or --did-not-happen, and only one of them; nothing was recorded."))
    with stack(), acting(email, "reviewer", tenant) as actor:
        people = settle_unknown(actor, delivery, happened, reason, alike)
    became = (
        ("已发出，计为已送达", "went out, counted as delivered")
        if happened
        else ("没有发出，计为失败", "did not go out, counted as failed")
    )
    say(f"已记录：投递 {delivery} {became[0]}（{people:,}）", f"recorded: delivery {delivery} {became[1]} ({people:,})")


@unknowns.command("again")
@click.argument("delivery", type=int)
@click.option("--reason", required=True, help="why it may be sent again")
@AS
@TENANT
def again(delivery: int, reason: str, email: str | None, tenant: str | None) -> None:
    """Send one again that was set aside after three lost workers."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        send_again(actor, delivery, reason)
    say(f"已记录：投递 {delivery} 会再发", f"recorded: delivery {delivery} is sent again")


@click.group("assisted")
def assisted() -> None:
    """Work that waits for a person."""


@assisted.command("list")
@JSON
@AS
@TENANT
def list_waiting(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Batches to send by hand, and members who have not confirmed."""
    with stack(), acting(email, "editor", tenant) as actor:
        _show(list_assisted(actor), as_json)


@assisted.command("tick")
@click.argument("delivery", type=int)
@click.argument("done", type=int)
@AS
@TENANT
def tick(delivery: int, done: int, email: str | None, tenant: str | None) -> None:
    """DONE people of a batch have it now."""
    with stack(), acting(email, "editor", tenant) as actor:
        tick_off(actor, delivery, done)
    say(f"已记录：投递 {delivery} 已发 {done:,}", f"recorded: delivery {delivery}, {done:,} done")


def _show(found: list[Waiting], as_json: bool) -> None:
    if as_json:
        give_json([_object(one) for one in found])
        return
    rows = [(w.id, w.campaign_name, w.account, w.target[:24], w.people, w.delivered, both(*w.told)[:50]) for w in found]
    header = (
        "id",
        both("活动", "campaign"),
        both("账号", "account"),
        both("对象", "target"),
        both("人数", "people"),
        both("已发", "done"),
        "",
    )
    click.echo(table(header, rows))


def _object(one: Waiting) -> dict[str, Any]:
    """Words stand as a pair, like everywhere in JSON: Chinese, English."""
    return asdict(one) | {"reason": one.told, "looked": one.looked_told}


def _show_unknown(found: list[Waiting], as_json: bool) -> None:
    """Each with what is known, and what either answer means."""
    if as_json:
        give_json([_object(one) | {"if_happened": one.if_happened, "if_not": one.if_not} for one in found])
        return
    side = 0 if both("zh", "en") == "zh" else 1
    for one in found:
        began = clock_time(one.since, seconds=True) if one.since else "-"
        units = {"group": ("群", "groups"), "page": ("次发表", "publications")}.get(one.unit, ("人", "people"))
        click.echo(f"{one.id}  {one.campaign_name} · {one.account} · {one.target[:40]} · {one.says[:40]}")
        click.echo(
            both(
                f"    {one.unknown} 个不明，共 {one.people} {units[0]}；{began} 起，试 {one.attempts} 次",
                f"    {one.unknown} of {one.people} {units[1]} unknown; since {began}, tried {counted(one.attempts, 'time')}",
            )
        )
        click.echo(f"    {one.told[side]}" + (f" [{one.code}]" if platform_code(one.code) else ""))
        if one.looked_at:
            asked = clock_time(one.looked_at, seconds=True)
            click.echo(
                both(
                    f"    查询 {one.lookups} 次，最近 {asked}：{one.looked_told[0]}",
                    f"    looked up {counted(one.lookups, 'time')}, last {asked}: {one.looked_told[1]}",
                )
            )
        click.echo(f"    --happened         {one.if_happened[side]}")
        click.echo(f"    --did-not-happen   {one.if_not[side]}")
