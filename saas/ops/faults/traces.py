"""What ties an effect on a platform to the delivery it came from: our key where the platform takes one, else our words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

TAKEN_ON = ("mass", "template", "app", "customer_task", "groups_task", "moments_task", "robot", "appchat", "group", "post")
"""The effects by which a platform takes a delivery on: at most one each."""
BY_KEY = ("official_account", "personal", "webhook/own")
TO_GROUPS = ("qq_group", "wecom/groups", "wecom/appchat")
MARK = re.compile(r"〔(\w+)〕")

Trace = tuple[str, str, str]


def of_effect(effect: Mapping[str, Any]) -> Trace:
    """Where an effect belongs. Words without a mark of ours give a trace that no delivery has."""
    if effect["key"]:
        return "", effect["key"], ""
    marked = MARK.search(str(effect["detail"].get("text", "")))
    return effect["account"], marked[1] if marked else "?", str(effect["detail"].get("target", ""))


def of_delivery(row: Mapping[str, Any]) -> Trace:
    """The same of a delivery: ``channel``, ``kind``, ``account`` (key), ``mark`` (the campaign), ``key``, ``target``."""
    kind = f"{row['channel']}/{row['kind']}"
    if row["channel"] in BY_KEY or kind in BY_KEY:
        return "", row["key"], ""
    return row["account"], row["mark"], row["target"] if row["channel"] in TO_GROUPS or kind in TO_GROUPS else ""


def reached(effects: Iterable[Mapping[str, Any]]) -> Counter[Trace]:
    """How many people each delivery has reached by now. A platform may take one on and leave everybody out by its own rules."""
    people: Counter[Trace] = Counter()
    for effect in effects:
        if effect["kind"] in TAKEN_ON:
            people[of_effect(effect)] += effect["people"]
    return people


def taken_on(effects: Iterable[Mapping[str, Any]]) -> Counter[Trace]:
    """How often each delivery was taken on by its platform."""
    return Counter(of_effect(effect) for effect in effects if effect["kind"] in TAKEN_ON)
