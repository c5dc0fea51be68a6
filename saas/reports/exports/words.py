"""How exports and pages write values and call things."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from saas.kernel.errors import Words
from saas.reports.definitions import DEFINITIONS, SOURCES
from saas.reports.periods.measures import Measure

NONE = "—"
EARLY: Words = ("还早", "too early")
"""Instead of a comparison with figures that are older."""
INCIDENTS: dict[str, Words] = {
    "unknown": ("结果未知", "unknown outcome"),
    "missed": ("错过时间", "missed"),
    "recalled": ("已收回", "taken back"),
    "folded": ("消息被折叠", "folded"),
    "reprint": ("判为转载", "judged a reprint"),
    "failed": ("发送失败", "failed"),
    "exhausted": ("额度用尽", "cap used up"),
    "unauthorized": ("账号不可用", "account cannot send"),
    "cancelled": ("已取消", "cancelled"),
}
STATES: dict[str, Words] = {
    "planned": ("未开始", "not started"),
    "waiting": ("等待时机", "waiting"),
    "sending": ("发送中", "sending"),
    "accepted": ("平台已接收", "accepted"),
    "awaiting": ("等人操作", "needs a person"),
    "sent": ("已送达", "sent"),
    "partly_sent": ("部分送达", "partly sent"),
    "failed": ("失败", "failed"),
    "skipped": ("已跳过", "skipped"),
    "exhausted": ("额度用尽", "cap used up"),
    "unauthorized": ("账号不可用", "account cannot send"),
    "unknown": ("结果未知", "unknown"),
    "missed": ("已错过", "missed"),
    "recalled": ("已收回", "taken back"),
    "cancelled": ("已取消", "cancelled"),
}
UNITS: dict[str, Words] = {
    "person": ("人", "people"),
    "group": ("群", "groups"),
    "page": ("次发表", "publications"),
    "call": ("次", "calls"),
}
WEEKDAYS: Words = ("周一 周二 周三 周四 周五 周六 周日", "Mon Tue Wed Thu Fri Sat Sun")


def percent(value: float | None) -> str:
    """A rate with one place; 100% only when it is all."""
    if value is None:
        return NONE
    shown = f"{100 * value:.1f}"
    return "99.9%" if shown == "100.0" and value < 1 else f"{shown.removesuffix('.0')}%"


def count(value: float | None) -> str:
    """A number of people with separators."""
    return NONE if value is None else f"{value:,.0f}"


def measure(name: str, value: float | None) -> str:
    """A figure as it is written: rates in percent, others as counts."""
    return percent(value) if DEFINITIONS[name].group == "rates" else count(value)


def change(name: str, now: float | None, before: float | None) -> str:
    """Against another time: in percent, of rates in points. Nothing where one of them is unknown or there is no base."""
    if now is None or before is None:
        return NONE
    if DEFINITIONS[name].group == "rates":
        return points(now - before)
    return f"{100 * (now - before) / before:+.1f}%" if before > 0 else NONE


def points(value: float) -> str:
    """A difference of two rates; one that rounds to nothing has no sign."""
    said = f"{100 * value:+.1f}pp"
    return said[1:] if said[1:] == "0.0pp" else said


def versus(name: str, now: Measure, before: Measure, side: int) -> str:
    """A figure against that of another time; of one that still grows that it is too early."""
    said = change(name, now.compared, before.compared)
    both_known = now.value is not None and before.value is not None
    growing = any(one.fresh and one.compared is None for one in (now, before))
    return EARLY[side] if said == NONE and both_known and growing else said


def mood(name: str, now: Measure, before: Measure) -> str:
    """Whether a change is good or bad news, for its colour."""
    one, other = now.compared, before.compared
    if one == other or change(name, one, other) == NONE or one is None or other is None:
        return ""
    more_is = DEFINITIONS[name].more_is
    return "" if not more_is else "good" if (one > other) == (more_is == "good") else "bad"


def sources(found: Measure, side: int) -> str:
    """Where a figure comes from, and on how many sends it rests where that is not all."""
    said = (
        "、".join(SOURCES[one][0] for one in found.sources) if side == 0 else ", ".join(SOURCES[one][1] for one in found.sources)
    )
    if said and found.known < found.sends:
        said += f"（{found.known}/{found.sends} 次发送）" if side == 0 else f" ({found.known} of {found.sends} sends)"
    return said or NONE


def unit(name: str, side: int) -> str:
    """What is counted: people, groups, calls; a unit that is not known shows as itself."""
    return UNITS.get(name, (name, name))[side]


def dates(interval: str, side: int) -> str:
    """The days of a span, from 2026-10-01/2026-10-23."""
    first, _, last = interval.partition("/")
    return first if first == last else f"{first} {('至', 'to')[side]} {last}"


def instant(value: str, zone: str) -> str:
    """A moment in the agency's zone."""
    return f"{datetime.fromisoformat(value).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if value else NONE
