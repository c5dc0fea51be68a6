"""``channel``: for who writes one: a skeleton to begin with, and the conformance kit."""

from __future__ import annotations

import importlib
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from saas.channels import Text
from saas.channels.conformance import Verdict
from saas.channels.conformance.picking import PROMISES, NotThere, installed, some, verdicts, wanted
from saas.channels.skeleton import BadName, write
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import JSON
from saas.ops.set_up.channels import install_channel, remember
from saas.ops.set_up.inputs import ROOT, VENV
from saas.ops.set_up.steps import SetUpFailed
from saas.ops.set_up.uv import find_uv

WIDEST = 100
PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*([=<>~!]=?[A-Za-z0-9.*+!]+)?")
NO_SUCH_PLACE = (
    Text("这里没有这样的文件夹，它也不是软件包的名称", "there is no such folder here, and it is no name of a package"),
    Text("请写渠道的文件夹、wheel 文件或软件包名称", "name the channel's folder, its wheel, or its package"),
)


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
    click.echo(
        f"  python3 run.py channel verify {folder}\n  pytest {folder}\n  python3 run.py channel install {folder}", err=True
    )


@channel.command("install")
@click.argument("place", metavar="PLACE")
def install(place: str) -> None:
    """Install a channel that others wrote beside the product: PLACE is its folder, its wheel, or its package."""
    before, found = set(installed()), Path(place)
    try:
        if found.is_dir():
            wanted([place], False)
        elif not found.is_file() and not PACKAGE.fullmatch(place):
            raise NotThere(*NO_SUCH_PLACE)
    except NotThere as bad:
        raise _refused(bad, "PLACE") from None
    there = str(found.resolve()) if found.exists() else place
    try:
        install_channel(find_uv(), there, Path(sys.executable), ROOT / "requirements" / "runtime.txt")
    except SetUpFailed as failed:
        raise click.ClickException(str(failed)) from None
    if Path(sys.prefix) == VENV:
        remember(there)
    importlib.invalidate_caches()
    _installed(sorted(set(installed()) - before))


def _installed(new: list[str]) -> None:
    names = ", ".join(new) or "-"
    say(
        f"已安装，新增渠道：{names}。重启产品后生效", f"installed; new channels: {names}. A restart of the product brings them in"
    )


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
