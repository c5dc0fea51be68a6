"""``channel new``: a working channel to begin with, written out under the name its author chose."""

from __future__ import annotations

import keyword
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from saas.channels.channel import Text

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
GIVEN = ("official_account", "personal", "qq_group", "webhook", "wecom")
RESERVED = ("channels", "aux", "con", "nul", "prn")
"""The contract's own distribution, and what is no folder on some systems."""
PLACES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "__init__.py": "qunfa_my_channel/__init__.py",
    "plugin.py": "qunfa_my_channel/plugin.py",
    "client.py": "qunfa_my_channel/client.py",
    "errors.py": "qunfa_my_channel/errors.py",
    "pushes.py": "qunfa_my_channel/pushes.py",
    "played.py": "qunfa_my_channel/played.py",
    "simulator.py": "qunfa_my_channel/simulator.py",
    "rules.toml": "qunfa_my_channel/rules.toml",
    "test_promises.py": "tests/test_promises.py",
}
"""Each file of the skeleton and where it stands in the new channel."""


class BadName(ValueError):
    """A name no channel can have, or a place that is taken: ``rule`` and ``remedy`` in both languages."""

    def __init__(self, rule: Text, remedy: Text) -> None:
        super().__init__(f"{rule.en}; {remedy.en}")
        self.rule, self.remedy = rule, remedy


def write(name: str, into: Path, taken: tuple[str, ...] = ()) -> Path:
    """Write the skeleton of the channel ``name`` into a folder of that name. BadName; nothing is written then.

    ``taken``: names of channels that are installed already.
    """
    check(name, taken)
    folder = into / name
    if folder.exists():
        told = Text(f"{folder} 已存在", f"{folder} exists already")
        raise BadName(told, Text("换一个名称或用 --into 指定别处", "choose another name, or another place with --into"))
    for source, place in PLACES.items():
        target = folder / named(place, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = files("saas.channels.skeleton").joinpath("files", f"{source}.in").read_text(encoding="utf-8")
        target.write_text(named(text, name), encoding="utf-8")
    return folder


def named(text: str, name: str) -> str:
    """The text with the skeleton's own name replaced."""
    today = datetime.now(UTC).date().isoformat()
    return text.replace("my_channel", name).replace("my-channel", name.replace("_", "-")).replace("TODAY", today)


def check(name: str, taken: tuple[str, ...] = ()) -> None:
    """Whether a channel can have this name. BadName."""
    if not NAME.fullmatch(name) or name.endswith("_") or "__" in name:
        rule = Text(
            f"名称“{name}”须为 2 到 40 个小写字母、数字或下划线，以字母开头，不以下划线结尾",
            f"the name '{name}' must have 2 to 40 lower-case letters, digits or underscores, begin with a letter, end with none",
        )
        raise BadName(rule, Text("例如 my_channel", "for instance my_channel"))
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        rule = Text(f"“{name}”是 Python 的关键字", f"'{name}' is a keyword of Python")
        raise BadName(rule, Text("换一个名称", "choose another name"))
    if name in RESERVED:
        rule = Text(f"名称“{name}”是保留的", f"the name '{name}' is reserved")
        raise BadName(rule, Text("换一个名称", "choose another name"))
    if name in GIVEN and name not in taken:
        rule = Text(f"“{name}”是产品自带的渠道", f"'{name}' is a channel the product comes with")
        raise BadName(rule, Text("名称一旦使用不能重复，请换一个", "names are given once: choose another"))
    if name in taken:
        rule = Text(f"已安装名为“{name}”的渠道", f"a channel named '{name}' is installed already")
        raise BadName(rule, Text("名称一旦使用不能重复，请换一个", "names are given once: choose another"))
