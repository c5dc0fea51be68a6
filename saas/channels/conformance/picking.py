"""What a person asks the kit to judge: installed channels by name, others by their folder, all promises or some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from saas.channels.channel import Text
from saas.channels.conformance.folders import plugins_in
from saas.channels.conformance.judging import CHECKS, CONTRACT, judge_plugin, verify
from saas.channels.conformance.verdict import Result, Verdict
from saas.channels.registry import GROUP, BadChannel

PROMISES = {CONTRACT: Text("符合契约", "keeps to the contract"), **{check.id: check.promise for check in CHECKS}}
"""Every promise by the id of its check, in order."""


class NotThere(ValueError):
    """A channel, folder or check that there is none of: ``rule`` and ``remedy`` in both languages."""

    def __init__(self, rule: Text, remedy: Text) -> None:
        super().__init__(f"{rule.en}; {remedy.en}")
        self.rule, self.remedy = rule, remedy


def installed() -> list[str]:
    """The names of the installed channels; nothing is imported."""
    return sorted(point.name for point in entry_points(group=GROUP))


def wanted(names: Sequence[str], every: bool) -> list[str]:
    """Names and folders to judge, each once. NotThere."""
    known = installed()
    if not names and not every:
        rule = Text("没有写要检查的渠道", "no channel is named")
        raise NotThere(
            rule, Text("请写渠道名称或文件夹，或用 --all 检查全部", "name a channel or its folder, or check every one with --all")
        )
    if not known and not names:
        rule = Text("没有安装任何渠道", "no channel is installed")
        raise NotThere(
            rule, Text("用 pip install 安装一个，或写渠道的文件夹", "install one with pip, or name a channel's folder")
        )
    for name in names:
        if name not in known:
            _check_folder(name, known)
    return list(dict.fromkeys([*(known if every else ()), *names]))


def _check_folder(name: str, known: Sequence[str]) -> None:
    folder = Path(name)
    if (folder / "pyproject.toml").is_file():
        return
    if folder.is_dir():
        rule = Text(f"文件夹“{name}”里没有 pyproject.toml", f"the folder '{name}' has no pyproject.toml")
        remedy = Text(
            "请写渠道自己的文件夹，即 channel new 建的那个", "name the channel's own folder, the one that channel new writes"
        )
        raise NotThere(rule, remedy)
    listed = ", ".join(known) or "-"
    rule = Text(f"没有安装渠道“{name}”", f"no channel '{name}' is installed")
    raise NotThere(rule, Text(f"已安装：{listed}", f"installed: {listed}"))


def some(only: Iterable[str]) -> tuple[str, ...]:
    """The checks that were asked for. NotThere names those there are."""
    asked = tuple(only)
    if strange := [check for check in asked if check not in PROMISES]:
        listed = ", ".join(PROMISES)
        rule = Text(f"没有名为“{strange[0]}”的检查", f"there is no check '{strange[0]}'")
        raise NotThere(rule, Text(f"可用：{listed}", f"there are: {listed}"))
    return asked


def verdicts(name: str, only: Iterable[str]) -> list[Verdict]:
    """On the installed channel of that name, or on those whose folder it is."""
    if name in installed():
        verdict = verify(name, only)
        return [verdict] if verdict else []
    try:
        return [judge_plugin(found, plugin, only) for found, plugin in plugins_in(Path(name))]
    except BadChannel as refused:
        return [Verdict(name, (Result(CONTRACT, False, str(refused)),))]
