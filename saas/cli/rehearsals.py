"""``simulators``: what happened on the rehearsal stages, and what is made to go wrong there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from saas.channels.simulator import FAULTS, BadSetting, check, check_rate
from saas.cli.context import stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import JSON
from saas.ops.home import home
from saas.ops.rehearsal import Rehearsal, effects_on_disk
from saas.ops.running import find

SECRET = re.compile(r"(secret|token|aes_key|password|refresh|ticket|code)(s|_previous)?$", re.IGNORECASE)
MASK, TELLTALE = "••••", 16
"""Names that are so long are tokens themselves."""
COLUMNS = ("platform", "account", "kind", "people", "key", "platform_id", "at")


@click.group("simulators")
def simulators() -> None:
    """The rehearsal servers that stand in for the platforms."""


@simulators.command("log")
@JSON
def log(as_json: bool) -> None:
    """Every effect the simulators recorded, oldest first."""
    running = find(home())
    effects = Rehearsal(running.simulators).effects() if running else effects_on_disk(Path(home()))
    if as_json:
        give_json(effects)
        return
    rows = [tuple(str(effect[column])[:36] for column in COLUMNS) for effect in effects]
    click.echo(table(COLUMNS, rows))


@simulators.command("fault")
@click.argument("name", type=click.Choice(sorted(FAULTS)))
@click.option("--channel", help="on this platform only")
@click.option("--account", metavar="KEY", help="on this account only")
@click.option("--path", default="", help="only where the address contains this")
@click.option("--value", default="", help="error code, seconds or status, as the fault takes")
@click.option("--times", default=0, help="how often; 0 is for ever")
def fault(name: str, channel: str | None, account: str | None, path: str, value: str, times: int) -> None:
    """Switch a fault on; ``simulators fault --help`` names them."""
    try:
        check(name, value, times)
    except BadSetting as error:
        raise _refused(error.field, error.rule, error.remedy) from None
    with stack() as running:
        rehearsal = Rehearsal(running.simulators)
        platform_id, channels = "", [channel] if channel else list(running.simulators)
        if account:
            found = rehearsal.account_id(account)
            if found is None:
                raise click.BadParameter(both(f"模拟平台上没有账号“{account}”", f"no simulated account '{account}'"))
            channels, platform_id = [found[0]], found[1]
        if any(one not in running.simulators for one in channels):
            raise click.BadParameter(both(f"没有模拟平台“{channel}”", f"no simulator '{channel}'"))
        wish = {"name": name, "account": platform_id, "path": path, "value": value, "times": times}
        for told in [rehearsal.check_fault(one, wish) for one in channels]:
            if "rule" in told:
                raise _refused(told["field"], told["rule"], told["remedy"])
        for one in channels:
            added = rehearsal.add_fault(one, wish)
            say(
                f"{one}: 已打开故障 {added['id']} {name}（{FAULTS[name][0]}）",
                f"{one}: fault {added['id']} {name} is on ({FAULTS[name][1]})",
            )


@simulators.command("faults")
@JSON
def faults(as_json: bool) -> None:
    """The faults that are on."""
    with stack() as running:
        found = Rehearsal(running.simulators).faults()
    if as_json:
        give_json(found)
        return
    rows = [
        (channel, f["id"], f["name"], f["account"], f["path"], f["value"], f["times"], f["hits"])
        for channel, fs in found.items()
        for f in fs
    ]
    click.echo(table(("channel", "id", "fault", "account", "path", "value", "times", "hits"), rows))


@simulators.command("clear")
def clear() -> None:
    """Switch all faults off."""
    with stack() as running:
        Rehearsal(running.simulators).clear_faults()


@simulators.command("account")
@click.argument("key")
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="e.g. ip_allowed=false, verified=false, confirm=never"
)
@click.option("--show-secrets", "in_the_clear", is_flag=True, help="print its secrets and tokens, which are masked without")
def account(key: str, changes: tuple[str, ...], in_the_clear: bool) -> None:
    """Change what a stage believes of an account: verified, ip_allowed, confirm …"""
    with stack() as running:
        rehearsal = Rehearsal(running.simulators)
        found = rehearsal.account_id(key)
        if found is None:
            raise click.BadParameter(both(f"模拟平台上没有账号“{key}”", f"no simulated account '{key}'"))
        answer = rehearsal.change(*found, dict(map(_change, changes)))
        if "unknown" in answer:
            raise _unknown_names(answer["unknown"], answer["known"])
        give_json(answer if in_the_clear else masked(answer))


def masked(told: Any) -> Any:
    """The same with a mask for whatever its name calls secret, however deep; what is empty stays so. Pure."""
    if isinstance(told, Mapping):
        return {name: _hidden(value) if SECRET.search(str(name)) else masked(value) for name, value in told.items()}
    return [masked(one) for one in told] if isinstance(told, list) else told


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {MASK if len(str(name)) >= TELLTALE else name: _hidden(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return MASK if isinstance(value, str) and value else value


def _change(written: str) -> tuple[str, Any]:
    """A name and its value: JSON where it is JSON, else the words as they stand."""
    name, equals, value = written.partition("=")
    if not equals:
        raise click.BadParameter(both(f"“{written}”应写成 名称=值", f"'{written}' must be NAME=VALUE"), param_hint="--set")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _unknown_names(unknown: list[str], known: list[str]) -> click.BadParameter:
    zh = f"这个模拟账号没有 {'、'.join(unknown)}；可以设置：{'、'.join(known)}"
    en = f"this simulated account knows no {', '.join(unknown)}; there are: {', '.join(known)}"
    return click.BadParameter(both(zh, en), param_hint="--set")


@simulators.command("clock")
@click.argument("rate", type=float)
def clock(rate: float) -> None:
    """Let the stages' clocks run RATE times as fast."""
    try:
        check_rate(rate)
    except BadSetting as error:
        raise _refused("RATE", error.rule, error.remedy) from None
    with stack() as running:
        Rehearsal(running.simulators).set_rate(rate)


def _refused(field: str, rule: Sequence[str], remedy: Sequence[str]) -> click.BadParameter:
    hint = f"--{field}" if field in ("value", "times") else field.upper()
    return click.BadParameter(both(f"{rule[0]}；{remedy[0]}", f"{rule[1]}; {remedy[1]}"), param_hint=hint)
