"""Rule packs: a platform's limits as dated data with sources.

A pack is a TOML file with one ``[[rule]]`` table per rule and period. Every rule has ``name``, ``type``
(cap, rate, content, window, reminder), ``kinds`` (account kinds), ``source``, ``grade``, and optionally ``from`` and ``until``
(dates; until is exclusive), ``routes``, ``title_zh``, ``title_en``, ``note_zh``, ``note_en``. Code asks the
pack; it holds no limit of its own.

An account may override a rule by name with a value and a reason (``settings["overrides"]``); the stricter rule of the
brief is the default where the brief and the platform differ.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

WINDOWS = ("minute", "hour", "day", "week", "month")
_ROLLING = re.compile(r"rolling ([1-9]\d{0,5}) ?(s|min|h|d)")
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_GRAINS = (300, 60, 1)  # a rolling window is counted in grains of so many seconds
_BEGIN_SECONDS = 4  # how long after its claim a call may begin and still count in its grain
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar window in the platform's zone: ``minute``, ``hour``, ``day``, ``week`` (Monday) or ``month``; or a rolling
    one, ``rolling 60 s``, ``rolling 24 h``, ``rolling 7 d``: whatever span of that length one looks at.

    A rolling window is counted in grains (a sixtieth of it or less). A unit leaves it a few grains late, never early.
    """

    name: str

    @property
    def rolling(self) -> timedelta | None:
        """The length of a rolling window; None for a calendar window."""
        found = _ROLLING.fullmatch(self.name)
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else None

    def since(self, now: datetime, zone: str) -> datetime:
        """What ended at or before this moment counts no more at ``now``: the start of a calendar window; for a rolling one
        its length before the start of the grain, and a grain for the way to the platform."""
        starts, _ = self.bounds(now, zone)
        return starts - self.rolling - timedelta(seconds=_grain(self.rolling)) if self.rolling else starts

    def bounds(self, now: datetime, zone: str) -> tuple[datetime, datetime]:
        """Start (inclusive) and end (exclusive) of the window that holds ``now``, both in UTC. Of a rolling window: the start
        of the grain, and when the last call claimed in it must have begun."""
        if self.rolling:
            grain = _grain(self.rolling)
            start = now.astimezone(UTC) - (now - EPOCH) % timedelta(seconds=grain)
            return start, start + timedelta(seconds=grain * (1 + -(-_BEGIN_SECONDS // grain)))
        local = now.astimezone(ZoneInfo(zone))
        match self.name:
            case "minute":
                start = local.replace(second=0, microsecond=0)
                return start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=1)
            case "hour":
                into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
                return now.astimezone(UTC) - into, now.astimezone(UTC) - into + timedelta(hours=1)
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


def _grain(length: timedelta) -> int:
    """Whole seconds that divide the length, at most a sixtieth of it."""
    seconds = int(length.total_seconds())
    return next((grain for grain in _GRAINS if seconds % grain == 0 and grain * 60 <= seconds), 1)


def _midnight(day: date, zone: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``amount`` within ``window``. ``scope`` account: of the account; target: of each recipient or group.

    ``unit`` call: each delivery counts 1; person: each delivery counts its people. ``title`` is (zh, en).
    ``in_force`` is from when and until when (exclusive) the rule holds, where the pack says so.
    """

    name: str
    scope: Literal["account", "target"]
    window: Window
    amount: int
    unit: Literal["call", "person"] = "call"
    source: str = ""
    title: tuple[str, str] = ("", "")
    in_force: tuple[date | None, date | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Rate:
    """Pace, not a promise: at most ``calls`` per ``seconds``, and at most ``concurrency`` at once."""

    calls: int
    seconds: float
    concurrency: int = 16
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reminders:
    """How often those who must act may be reminded of one message: at most ``amount`` times in any ``seconds``."""

    rule: str
    amount: int
    seconds: int
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
    """All that binds one account on one route now. ``recall_seconds`` None: cannot be recalled; 0: no time limit.
    ``reminders`` None: the platform has no way to remind the people a message waits for."""

    caps: tuple[Cap, ...] = ()
    rate: Rate = Rate(calls=1000, seconds=1.0, concurrency=256)
    content: tuple[ContentRule, ...] = ()
    recall_seconds: int | None = None
    reminders: Reminders | None = None

    def content_rule(self, name: str) -> int | None:
        """The strictest blocking amount under that name, or None."""
        found = [r.amount for r in self.content if r.name == name and r.severity == "block"]
        return min(found) if found else None


@dataclass(frozen=True, slots=True)
class RulePack:
    """The rules of one channel over time."""

    rules: tuple[Mapping[str, Any], ...]
    text: str = field(default="", repr=False, compare=False)

    @property
    def version(self) -> str:
        """Names exactly the text the pack was read from."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()[:12]

    @classmethod
    def load(cls, path: Path | str) -> RulePack:
        """Read and check a pack. ValueError names the file, the rule and what is wrong with it."""
        file = Path(path)
        try:
            return cls.read(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{file.parent.name}/{file.name}: {error}") from error

    @classmethod
    def read(cls, text: str) -> RulePack:
        """The same from the text of a pack, as an archive keeps it."""
        rules = tomllib.loads(text).get("rule", [])
        for number, rule in enumerate(rules, 1):
            _check(number, rule)
        return cls(tuple(rules), text)

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
        limits = replace(limits, reminders=next((_reminders(r) for r in rules if r["type"] == "reminder"), None))
        return replace(limits, rate=min(rates, key=lambda r: r.calls / r.seconds)) if rates else limits


def _in_force(rule: Mapping[str, Any], day: date) -> bool:
    return bool(rule.get("from", date.min) <= day < rule.get("until", date.max))


def _on_route(rule: Mapping[str, Any], route: str) -> bool:
    return not route or not rule.get("routes") or route in rule["routes"]


def _override(rule: Mapping[str, Any], overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    own = overrides.get(rule["name"]) if isinstance(overrides, Mapping) else None
    if not isinstance(own, Mapping) or not str(own.get("value")).isdecimal():
        return rule
    return {**rule, "amount": int(own["value"]), "source": f"override: {own.get('reason', '')}"}


def _cap(rule: Mapping[str, Any]) -> Cap:
    window = Window(rule["window"])
    title = (rule.get("title_zh", rule["name"]), rule.get("title_en", rule["name"]))
    unit = rule.get("unit", "call")
    in_force = (rule.get("from"), rule.get("until"))
    return Cap(rule["name"], rule.get("scope", "account"), window, int(rule["amount"]), unit, rule["source"], title, in_force)


def _rate(rule: Mapping[str, Any]) -> Rate:
    return Rate(int(rule["amount"]), float(rule["seconds"]), int(rule.get("concurrency", 16)), rule["source"])


def _reminders(rule: Mapping[str, Any]) -> Reminders:
    return Reminders(rule["name"], int(rule["amount"]), int(rule["seconds"]), rule["source"])


def _content(rule: Mapping[str, Any]) -> ContentRule:
    return ContentRule(rule["name"], int(rule["amount"]), rule.get("severity", "block"), rule.get("unit", ""), rule["source"])


def _check(number: int, rule: Mapping[str, Any]) -> None:
    label = f"rule {number} ({rule.get('name', 'unnamed')})"
    for key in ("name", "type", "kinds", "amount", "source", "grade"):
        if key not in rule:
            raise ValueError(f"{label}: '{key}' is missing")
    if rule["type"] not in ("cap", "rate", "content", "window", "reminder"):
        raise ValueError(f"{label}: type '{rule['type']}' is not cap, rate, content, window or reminder")
    if rule["type"] == "cap" and rule.get("window") not in WINDOWS and not Window(str(rule.get("window"))).rolling:
        raise ValueError(f"{label}: window must be one of {', '.join(WINDOWS)}, or such as 'rolling 24 h'")
    if rule["type"] in ("rate", "reminder") and "seconds" not in rule:
        raise ValueError(f"{label}: a {rule['type']} needs 'seconds'")
    _check_reach(label, rule)


def _check_reach(label: str, rule: Mapping[str, Any]) -> None:
    """A rule that is written a little wrong must not be one that binds nobody."""
    for key in ("kinds", "routes"):
        listed = rule.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise ValueError(f"{label}: '{key}' must be a list of names")
    if type(rule["amount"]) is not int or rule["amount"] < 0:
        raise ValueError(f"{label}: 'amount' must be a whole number, not {rule['amount']!r}")
    if rule["type"] == "cap" and rule.get("scope", "account") not in ("account", "target"):
        raise ValueError(f"{label}: scope '{rule['scope']}' is not account or target")
    if rule["type"] == "cap" and rule.get("unit", "call") not in ("call", "person"):
        raise ValueError(f"{label}: unit '{rule['unit']}' is not call or person")
