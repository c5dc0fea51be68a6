"""``waiting``: who must still act before something goes out, and reminding them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from saas.cli.context import acting, stack
from saas.cli.saying import NOT_ALL, both, give_json, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.waiting import WaitingItem, list_waiting, remind
from saas.delivery.waiting_reminders import Reminded

ZONE = ZoneInfo("Asia/Shanghai")
NAMED = 3


@click.group("waiting", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, hidden=True)
@click.option("--as", "email", metavar="EMAIL", hidden=True)
@click.option("--tenant", metavar="SLUG", hidden=True)
@click.pass_context
def waiting(context: click.Context, as_json: bool, email: str | None, tenant: str | None) -> None:
    """What waits for a person: members who must press send, an administrator, batches sent by hand."""
    if context.invoked_subcommand is None:
        _list(as_json, email, tenant)


@waiting.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Who must do what, for whom, until when."""
    _list(as_json, email, tenant)


@waiting.command("remind")
@click.argument("deliveries", type=int, nargs=-1, required=True, metavar="DELIVERY…")
@JSON
@AS
@TENANT
def remind_some(deliveries: tuple[int, ...], as_json: bool, email: str | None, tenant: str | None) -> int:
    """Remind those who have not acted; exit 1 when somebody was not reminded."""
    with stack(), acting(email, "editor", tenant) as actor:
        told = remind(actor, deliveries)
    if as_json:
        give_json([asdict(one) for one in told])
    else:
        for one in told:
            click.echo(_sentence(one))
    return 0 if all(one.happened for one in told) else NOT_ALL


def _list(as_json: bool, email: str | None, tenant: str | None) -> None:
    with stack(), acting(email, "editor", tenant) as actor:
        found = list_waiting(actor, None)
    if as_json:
        give_json([asdict(item) for item in found])
        return
    header = ("id", *(both(*words) for words in HEADER))
    click.echo(table(header, [_row(item) for item in found], {5: 40, 6: 30}))


HEADER = (
    ("客户", "client"),
    ("账号", "account"),
    ("活动", "campaign"),
    ("等待人数", "people"),
    ("要做什么", "what"),
    ("谁", "who"),
    ("截止", "until"),
    ("可提醒", "reminders"),
)


def _row(item: WaitingItem) -> tuple[str | int, ...]:
    names = both("、", ", ").join(f"{one.name}({one.people})" if one.people else one.name for one in item.who[:NAMED])
    more = both(f" 等 {len(item.who)} 人", f" and others, {len(item.who)} in all") if len(item.who) > NAMED else ""
    until = _at(item.until) if item.until else ""
    left = f"{item.reminders.left}/{item.reminders.amount}" if item.reminders else "–"
    what = both(*item.what)
    return (item.id, item.client, item.account_name, item.campaign_name, item.people, what, names + more, until, left)


def _sentence(one: Reminded) -> str:
    left = both(f"还可提醒 {one.left} 次", f"{one.left} left")
    free = both(f"，{_at(one.free_at)} 可再提醒", f", again at {_at(one.free_at)}") if one.free_at else ""
    return f"{one.delivery}: {both(*one.reason)}{both('（', ' (')}{left}{free}{both('）', ')')}"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%m-%d %H:%M}"
