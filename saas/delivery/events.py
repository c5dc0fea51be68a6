"""Callback events as rows of the inbox: to JSON when they arrive, back when they are applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from saas.channels.callback import AccountChanged, ApprovalChanged, Event, Inbound, Progressed, TargetChanged
from saas.channels.outcome import Failure, Progress

KINDS: dict[str, type[Event]] = {
    "progressed": Progressed,
    "account_changed": AccountChanged,
    "target_changed": TargetChanged,
    "inbound": Inbound,
    "approval_changed": ApprovalChanged,
}
NAMES = {cls: name for name, cls in KINDS.items()}


def kind_of(event: Event) -> str:
    """The event's name in the inbox."""
    return NAMES[type(event)]


def to_json(event: Event) -> dict[str, Any]:
    """Plain JSON; times as ISO text."""
    value = asdict(event)
    progress = value.get("progress")
    if progress and progress["awaiting_until"]:
        progress["awaiting_until"] = progress["awaiting_until"].isoformat()
    return value


def from_json(kind: str, value: Mapping[str, Any]) -> Event:
    """The inverse of ``to_json``."""
    if kind == "progressed":
        own = {"progress": _progress(value["progress"]), "foreign": tuple(value.get("foreign", ()))}
        return Progressed(**{**value, **own})
    return KINDS[kind](**value)


def _progress(value: Mapping[str, Any]) -> Progress:
    until = value["awaiting_until"]
    failures = tuple(Failure(**f) for f in value["failures"])
    return Progress(**{**value, "failures": failures, "awaiting_until": datetime.fromisoformat(until) if until else None})
