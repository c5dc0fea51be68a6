"""``channel``: for who writes one: a skeleton to begin with, and the conformance kit."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from saas.channels.conformance import Verdict
from saas.channels.conformance.picking import PROMISES, NotThere, installed, some, verdicts, wanted
from saas.channels.skeleton import BadName, write
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import JSON

WIDEST = 100


@click.group("channel")
def channel() -> None:
    """Writing a channel: a skeleton, and the kit that holds it to its promises."""


@channel.command("new")
@click.argument("name")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="the folder to write it into")
def new(name: str, into: Path) -> None:
    """Write a working channel NAME: plugin, rules, simulator, tests, README."""
    try:
        folder = write(name, into, tuple(installed()))
    except BadName as bad:
        raise _refused(bad, "NAME") from None
    except OSError as error:
        message = both(f"不能写入 {into}：{error.strerror}", f"cannot write into {into}: {error.strerror}")
        raise click.BadParameter(message, param_hint="--into") from None
    say(f"已写入 {folder}。试一试：", f"written to {folder}. Try it:")
    click.echo(f"  python3 run.py channel verify {folder}\n  pytest {folder}\n  pip install -e {folder}", err=True)


@channel.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--all", "every", is_flag=True, help="every installed channel")
@click.option("--check", "only", multiple=True, metavar="ID", help="only this promise; repeatable")
@JSON
def verify_all(names: tuple[str, ...], every: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Hold channels to their promises, each against its own simulator: installed ones by name, others by their folder."""
    try:
        asked = wanted(names, every)
    except NotThere as bad:
        raise _refused(bad, "NAME") from None
    try:
        checks = some(only)
    except NotThere as bad:
        raise _refused(bad, "--check") from None
    with redirect_stdout(sys.stderr):  # whatever a channel prints is not the result
        found = [verdict for name in asked for verdict in verdicts(name, checks)]
    if as_json:
        give_json({"channels": [verdict.to_json() for verdict in found]})
    else:
        _show(found)
    if not all(verdict.passed for verdict in found):
        raise click.exceptions.Exit(NOT_ALL)


def _refused(bad: BadName | NotThere, where: str) -> click.BadParameter:
    message = both(f"{bad.rule.zh}；{bad.remedy.zh}", f"{bad.rule.en}; {bad.remedy.en}")
    return click.BadParameter(message, param_hint=where)


def _show(found: list[Verdict]) -> None:
    header = (
        both("渠道", "channel"),
        both("检查", "check"),
        "",
        both("承诺", "promise"),
        both("试了什么，哪里不对", "what was tried"),
    )
    rows = [
        (verdict.name, result.id, "✓" if result.passed else "✗", _promise(result.id), result.detail)
        for verdict in found
        for result in verdict.results
    ]
    click.echo(table(header, rows, {4: WIDEST}))
    bad = [f"{verdict.name}: {', '.join(verdict.failed)}" for verdict in found if not verdict.passed]
    if bad:
        say(f"没有通过：{'；'.join(bad)}", f"failed: {'; '.join(bad)}")
    else:
        say("全部通过", "all passed")


def _promise(check: str) -> str:
    known = PROMISES[check]
    return both(known.zh, known.en)
