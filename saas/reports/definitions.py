"""Every figure a report shows, from ``figures.toml``: the one list that pages, exports and the manual use."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from saas.kernel.errors import Words

Group = Literal["sending", "reading", "rates", "account"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. A rate is ``top`` over ``base``, two other figures. ``sources``: where it may come from."""

    name: str
    title: Words
    formula: Words
    sources: tuple[str, ...]
    group: Group
    top: str = ""
    base: str = ""
    more_is: str = ""


def _words(pair: Any) -> Words:
    zh, en = pair
    return str(zh), str(en)


def _definition(told: dict[str, Any]) -> Definition:
    pairs = {"title": _words(told["title"]), "formula": _words(told["formula"]), "sources": tuple(told["sources"])}
    return Definition(**{**told, **pairs})


_FILE: dict[str, list[dict[str, Any]]] = tomllib.loads((Path(__file__).with_name("figures.toml")).read_text(encoding="utf-8"))
DEFINITIONS: dict[str, Definition] = {told["name"]: _definition(told) for told in _FILE["figure"]}
SCENES: dict[str, Words] = {told["name"]: _words(told["title"]) for told in _FILE["scene"]}
"""Where readers came from, as the platform counts them; parts of ``opened_all``."""

OF_DISPATCH = ("intended", "delivered", "failed", "skipped", "unknown", "awaiting", "recalled")
OF_GROUPS = {f"groups_{name}" if name != "delivered" else "groups": name for name in OF_DISPATCH}
"""What is counted in groups, each by its count of a dispatch: never added to people."""
OF_FIGURES = tuple(one.name for one in DEFINITIONS.values() if one.group == "reading")
RATES = tuple(one.name for one in DEFINITIONS.values() if one.group == "rates")
FLOWS = ("gained", "lost", "replies")
"""Numbers of a day that add up; how many follow an account is a number of its own."""
OF_DAYS = (*FLOWS, "followers")
LIFE: Final = timedelta(hours=72)
"""How long a message is read: what is told of a younger send still grows and is compared with nothing."""

SOURCES: dict[str, Words] = {
    "callback": ("平台回执", "platform callback"),
    "statistics": ("平台统计", "platform statistics"),
    "answer": ("平台应答", "platform answer"),
    "estimate": ("估算", "estimate"),
    "hand": ("人工登记", "entered by hand"),
}
GROUPS: dict[str, Words] = {
    "sending": ("发送", "Sending"),
    "reading": ("阅读与互动", "Reading"),
    "rates": ("比率", "Rates"),
    "account": ("账号", "Accounts"),
}
