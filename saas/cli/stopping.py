"""``stop``, ``resume`` and ``stops``: the kill switch at a shell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, clock_time, give_json, say, table
from saas.cli.sending import AS, JSON
from saas.delivery.stops import SCOPE_WORDS, Stop, list_stops, resume, stop
from saas.delivery.tally import Tally
from saas.kernel.errors import Invalid

Command = TypeVar("Command", bound=Callable[..., object])
ALL = ""


def what(command: Command) -> Command:
    """The options that name what is meant."""
    options = (
        click.option("--tenant", metavar="[SLUG]", is_flag=False, flag_value=ALL, help="the whole agency; SLUG names it"),
        click.option("--client", metavar="NAME", help="a client"),
        click.option("--account", metavar="KEY", help="an account"),
        click.option("--channel", metavar="NAME", help="a channel"),
        click.option("--plugin", metavar="NAME", help="a plugin, with every channel it brings"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("stop")
@what
@click.option("--reason", required=True, help="why")
@JSON
@AS
def stop_one(reason: str, as_json: bool, email: str | None, tenant: str | None, **named: str | None) -> None:
    """Stop it now: no call begins later than two seconds after."""
    scope, name = _one(tenant, named)
    with stack(), acting(email, "editor", tenant or None) as actor:
        found = stop(actor, scope, name, reason)
    if as_json:
        give_json({"stop": asdict(found.stop), "tally": found.tally.to_json()})
        return
    say(f"已停止：{_called(found.stop, 0)}", f"stopped: {_called(found.stop, 1)}")
    say_tally(found.tally)


@click.command("resume")
@what
@click.option("--reason", default="", help="why it may go on")
@JSON
@AS
def resume_one(reason: str, as_json: bool, email: str | None, tenant: str | None, **named: str | None) -> None:
    """Let it go on: what is not too late is sent."""
    scope, name = _one(tenant, named)
    with stack(), acting(email, "reviewer", tenant or None) as actor:
        found = resume(actor, scope, name, reason)
    if as_json:
        give_json(asdict(found))
    else:
        say(f"已恢复：{_called(found, 0)}", f"goes on: {_called(found, 1)}")


@click.command("stops")
@click.option("--all", "lifted", is_flag=True, help="also what goes on again")
@JSON
@AS
@click.option("--tenant", metavar="SLUG", help="the agency, where there are several")
def stops(lifted: bool, as_json: bool, email: str | None, tenant: str | None) -> None:
    """What is stopped, by whom, when and why."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        found = list_stops(actor, lifted)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (
        both("停止的", "stopped"),
        both("时间", "since"),
        both("操作人", "by"),
        both("原因", "why"),
        both("恢复", "goes on since"),
    )
    side = 0 if both("zh", "en") == "zh" else 1
    rows = [(_called(s, side), clock_time(s.at), s.by, s.reason, clock_time(s.lifted_at) if s.lifted_at else "") for s in found]
    click.echo(table(header, rows))


def say_tally(tally: Tally) -> None:
    """What a stop found, in a sentence."""
    say(
        f"已发出 {tally.out}，已拦下 {tally.stopped}，在途 {tally.in_flight}（可能仍会送达），结果未知 {tally.unknown}",
        f"already out {tally.out}, stopped {tally.stopped}, in flight {tally.in_flight} (may land), unknown {tally.unknown}",
    )


def _one(tenant: str | None, named: dict[str, str | None]) -> tuple[str, str]:
    """The one thing that is meant; ``--tenant`` beside another only names the agency."""
    given = [(scope, name) for scope, name in named.items() if name is not None]
    if len(given) > 1 or (not given and tenant is None) or any(not name.strip() for _, name in given):
        words = ("请指明一个停止对象", "name one thing to stop")
        options = " | ".join(f"--{scope}" for scope in SCOPE_WORDS)
        raise Invalid("nothing_named", words, (options, options))
    return given[0] if given else ("tenant", "")


def _called(found: Stop, side: int) -> str:
    return f"{SCOPE_WORDS[found.scope][side]} {found.subject}"
