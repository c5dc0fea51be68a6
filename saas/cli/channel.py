"""``channel``: for who writes one: a skeleton to begin with, and the conformance kit."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path

import click

from saas.channels.conformance import CHECKS, Result, Verdict, judge_plugin, verify
from saas.channels.conformance.folders import plugins_in
from saas.channels.registry import GROUP, BadChannel
from saas.channels.skeleton import BadName, write
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import JSON

WIDEST = 100
PROMISES = {check.id: check.promise for check in CHECKS}


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
        message = both(f"{bad.rule.zh}；{bad.remedy.zh}", f"{bad.rule.en}; {bad.remedy.en}")
        raise click.BadParameter(message, param_hint="NAME") from None
    except OSError as error:
        message = both(f"不能写入 {into}：{error.strerror}", f"cannot write into {into}: {error.strerror}")
        raise click.BadParameter(message, param_hint="--into") from None
    say(f"已写入 {folder}。试一试：", f"written to {folder}. Try it:")
    click.echo(f"  python3 run.py channel verify {folder}\n  pytest {folder}\n  pip install -e {folder}", err=True)


@channel.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--all", "every", is_flag=True, help="every installed channel")
@click.option("--check", "only", multiple=True, type=click.Choice(sorted(PROMISES)), help="only this promise; repeatable")
@JSON
def verify_all(names: tuple[str, ...], every: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Hold channels to their promises, each against its own simulator: installed ones by name, others by their folder."""
    if not names and not every:
        message = both("请写渠道名称，或用 --all 检查全部", "name a channel, or check every one with --all")
        raise click.BadParameter(message, param_hint="NAME")
    known = installed()
    wanted = [*(known if every else ()), *(name for name in names if not every or name not in known)]
    for name in wanted:
        if name not in known and not (Path(name) / "pyproject.toml").is_file():
            listed = ", ".join(known) or "-"
            message = both(f"没有安装渠道“{name}”；已安装：{listed}", f"no channel '{name}' is installed; installed: {listed}")
            raise click.BadParameter(message, param_hint="NAME")
    with redirect_stdout(sys.stderr):  # whatever a channel prints is not the result
        verdicts = [verdict for name in dict.fromkeys(wanted) for verdict in _verdicts(name, name in known, only)]
    if as_json:
        give_json({"channels": [verdict.to_json() for verdict in verdicts]})
    else:
        _show(verdicts)
    if not all(verdict.passed for verdict in verdicts):
        raise click.exceptions.Exit(NOT_ALL)


def installed() -> list[str]:
    """The names of the installed channels; nothing is imported."""
    return sorted(point.name for point in entry_points(group=GROUP))


def _verdicts(name: str, is_installed: bool, only: tuple[str, ...]) -> list[Verdict]:
    if is_installed:
        verdict = verify(name, only)
        return [verdict] if verdict else []
    try:
        return [judge_plugin(found, plugin, only) for found, plugin in plugins_in(Path(name))]
    except BadChannel as refused:
        return [Verdict(name, (Result("contract", False, str(refused)),))]


def _show(verdicts: list[Verdict]) -> None:
    header = (
        both("渠道", "channel"),
        both("检查", "check"),
        "",
        both("承诺", "promise"),
        both("试了什么，哪里不对", "what was tried"),
    )
    rows = [
        (verdict.name, result.id, "✓" if result.passed else "✗", _promise(result.id), result.detail)
        for verdict in verdicts
        for result in verdict.results
    ]
    click.echo(table(header, rows, {4: WIDEST}))
    bad = [f"{verdict.name}: {', '.join(verdict.failed)}" for verdict in verdicts if not verdict.passed]
    if bad:
        say(f"没有通过：{'；'.join(bad)}", f"failed: {'; '.join(bad)}")
    else:
        say("全部通过", "all passed")


def _promise(check: str) -> str:
    known = PROMISES.get(check)
    return both(known.zh, known.en) if known else both("符合契约", "keeps to the contract")
