"""Times as people say them: 明天 00:00 北京时间, 11月25日 周三 08:00 北京时间."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from saas.kernel.errors import Words

HOME_ZONE = "Asia/Shanghai"
_ZONES: dict[str, Words] = {HOME_ZONE: ("北京时间", "Beijing time"), "UTC": ("世界时", "UTC")}
_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEAR: dict[int, Words] = {-1: ("昨天", "yesterday"), 0: ("今天", "today"), 1: ("明天", "tomorrow"), 2: ("后天", "in two days")}


def read(value: datetime | str) -> datetime:
    """An aware datetime from itself or from ISO 8601."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def in_words(value: datetime | str, now: datetime, zone: str = HOME_ZONE, *, named: bool = True) -> Words:
    """The instant in both languages, seen from ``now``; ``named`` adds the zone's name."""
    at, today = read(value).astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    clock = f"{at:%H:%M}"
    near = _NEAR.get((at.date() - today).days)
    day = near or _date(at, with_year=at.year != today.year)
    tail = _ZONES.get(zone, (zone, zone)) if named else ("", "")
    return f"{day[0]} {clock} {tail[0]}".strip(), f"{day[1]} {clock} {tail[1]}".strip()


def _date(at: datetime, *, with_year: bool) -> Words:
    zh = f"{at.month}月{at.day}日 周{_DAYS_ZH[at.weekday()]}"
    en = f"{_DAYS_EN[at.weekday()]} {at.day} {_MONTHS_EN[at.month - 1]}"
    return (f"{at.year}年{zh}", f"{en} {at.year}") if with_year else (zh, en)


def span(seconds: float) -> Words:
    """A length of time: 2 分钟, 24 小时, 3 天."""
    for size, zh, en in ((86400, "天", "day"), (3600, "小时", "hour"), (60, "分钟", "minute")):
        if seconds >= size and (size != 86400 or seconds >= 2 * size):
            count = round(seconds / size, 1)
            number = f"{count:g}"
            return f"{number} {zh}", f"{number} {en}{'' if count == 1 else 's'}"
    whole = round(seconds)
    return f"{whole} 秒", f"{whole} second{'' if whole == 1 else 's'}"
