"""Rule packs: a platform's limits as dated data with sources.

A pack is a TOML file with one ``[[rule]]`` table per rule and period. Every rule has ``name``, ``type``
(cap, rate, content, window), ``kinds`` (account kinds), ``source``, ``grade``, and optionally ``from`` and ``until``
(dates; until is exclusive), ``routes``, ``title_zh``, ``title_en``, ``note_zh``, ``note_en``. Code asks the
pack; it holds no limit of its own.

An account may override a rule by name with a value and a reason (``settings["overrides"]``); the stricter rule of the
brief is the default where the brief and the platform differ.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

WINDOWS = ("minute", "hour", "day", "week", "month")


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar window in the platform's zone: ``minute``, ``hour``, ``day``, ``week`` (Monday) or ``month``."""

    name: Literal["minute", "hour", "day", "week", "month"]

    def bounds(self, now: datetime, zone: str) -> tuple[datetime, datetime]:
        """Start (inclusive) and end (exclusive) of the window that holds ``now``, both in UTC."""
        local = now.astimezone(ZoneInfo(zone))
        match self.name:
            case "minute":
                start = local.replace(second=0, microsecond=0)
                return start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=1)
            case "hour":
                start = local.replace(minute=0, second=0, microsecond=0)
                return start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=1)
            case "day":
                first = local.date()
                after = first + timedelta(days=1)
            case "week":
                first = local.date() - timedelta(days=local.weekday())
                after = first + timedelta(days=7)
            case _:
                first = local.date().replace(day=1)
                after = (first + timedelta(days=32)).replace(day=1)
        return _midnight(first, local.tzinfo), _midnight(after, local.tzinfo)


def _midnight(day: date, zone: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``amount`` within ``window``. ``scope`` account: of the account; target: of each recipient or group.

    ``unit`` call: each delivery counts 1; person: each delivery counts its people. ``title`` is (zh, en).
    """

    name: str
    scope: Literal["account", "target"]
    window: Window
    amount: int
    unit: Literal["call", "person"] = "call"
    source: str = ""
    title: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Rate:
    """Pace, not a promise: at most ``calls`` per ``seconds``, and at most ``concurrency`` at once."""

    calls: int
    seconds: float
    concurrency: int = 16
    source: str = ""


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A limit on content, by well-known name (title_chars, articles, body_chars, picture_bytes …). See docs/channels."""

    name: str
    amount: int
    severity: Literal["block", "warn"] = "block"
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """All that binds one account on one route now. ``recall_seconds`` None: cannot be recalled; 0: no time limit."""

    caps: tuple[Cap, ...] = ()
    rate: Rate = Rate(calls=1000, seconds=1.0, concurrency=256)
    content: tuple[ContentRule, ...] = ()
    recall_seconds: int | None = None

    def content_rule(self, name: str) -> int | None:
        """The strictest blocking amount under that name, or None."""
        found = [r.amount for r in self.content if r.name == name and r.severity == "block"]
        return min(found) if found else None


@dataclass(frozen=True, slots=True)
class RulePack:
    """The rules of one channel over time."""

    rules: tuple[Mapping[str, Any], ...]

    @classmethod
    def load(cls, path: Path | str) -> RulePack:
        """Read and check a pack. ValueError names the rule and what is wrong with it."""
        rules = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("rule", [])
        for number, rule in enumerate(rules, 1):
            _check(number, rule)
        return cls(tuple(rules))

    def at(self, day: date, kind: str, route: str = "") -> list[Mapping[str, Any]]:
        """The rules in force on ``day`` (in the platform's zone) for an account kind and a route ("" for any)."""
        return [rule for rule in self.rules if kind in rule["kinds"] and _in_force(rule, day) and _on_route(rule, route)]

    def limits(self, kind: str, route: str, now: datetime, zone: str, overrides: Mapping[str, Any] | None = None) -> Limits:
        """The limits of an account kind on a route at ``now``, with the account's overrides ``{name: {value, reason}}``."""
        rules = [_override(rule, overrides or {}) for rule in self.at(now.astimezone(ZoneInfo(zone)).date(), kind, route)]
        caps = tuple(_cap(r) for r in rules if r["type"] == "cap")
        rates = [_rate(r) for r in rules if r["type"] == "rate"]
        content = tuple(_content(r) for r in rules if r["type"] == "content")
        recalls = [int(r["amount"]) for r in rules if r["type"] == "window" and r["name"].startswith("recall")]
        limits = Limits(caps=caps, content=content, recall_seconds=min(recalls, key=lambda s: s or 10**12) if recalls else None)
        return replace(limits, rate=min(rates, key=lambda r: r.calls / r.seconds)) if rates else limits


def _in_force(rule: Mapping[str, Any], day: date) -> bool:
    return bool(rule.get("from", date.min) <= day < rule.get("until", date.max))


def _on_route(rule: Mapping[str, Any], route: str) -> bool:
    return not route or not rule.get("routes") or route in rule["routes"]


def _override(rule: Mapping[str, Any], overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    own = overrides.get(rule["name"])
    return {**rule, "amount": int(own["value"]), "source": f"override: {own['reason']}"} if own else rule


def _cap(rule: Mapping[str, Any]) -> Cap:
    window = Window(rule["window"])
    title = (rule.get("title_zh", rule["name"]), rule.get("title_en", rule["name"]))
    unit = rule.get("unit", "call")
    return Cap(rule["name"], rule.get("scope", "account"), window, int(rule["amount"]), unit, rule["source"], title)


def _rate(rule: Mapping[str, Any]) -> Rate:
    return Rate(int(rule["amount"]), float(rule["seconds"]), int(rule.get("concurrency", 16)), rule["source"])


def _content(rule: Mapping[str, Any]) -> ContentRule:
    return ContentRule(rule["name"], int(rule["amount"]), rule.get("severity", "block"), rule.get("unit", ""), rule["source"])


def _check(number: int, rule: Mapping[str, Any]) -> None:
    label = f"rule {number} ({rule.get('name', 'unnamed')})"
    for key in ("name", "type", "kinds", "amount", "source", "grade"):
        if key not in rule:
            raise ValueError(f"{label}: '{key}' is missing")
    if rule["type"] not in ("cap", "rate", "content", "window"):
        raise ValueError(f"{label}: type '{rule['type']}' is not cap, rate, content or window")
    if rule["type"] == "cap" and rule.get("window") not in WINDOWS:
        raise ValueError(f"{label}: window must be one of {', '.join(WINDOWS)}")
    if rule["type"] == "rate" and "seconds" not in rule:
        raise ValueError(f"{label}: a rate needs 'seconds'")
