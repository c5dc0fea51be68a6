"""When a campaign goes out: times, best slots, and how late is too late, as writers write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from saas.content.draft import Schedule

ZONE = ZoneInfo("Asia/Shanghai")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[A-Z]+(?:/[A-Z0-9_+-]+)+)?",
    re.IGNORECASE,
)
_LATENESS = re.compile(r"(\d{1,6})\s*(s|m|h|d|秒|分钟|分|小时|时|天)?", re.IGNORECASE)
_SECONDS = {"s": 1, "秒": 1, "m": 60, "分": 60, "分钟": 60, "h": 3600, "时": 3600, "小时": 3600, "d": 86400, "天": 86400}


class TimingError(ValueError):
    """What is wrong with a time, in (zh, en)."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = (zh, en)


def read_schedule(raw: str) -> Schedule:
    """``now``, ``best`` or an ISO time with an offset or the name of a zone; without either it is Asia/Shanghai. TimingError
    names the impossible part: also a time that a change of clocks leaves out, or has twice."""
    word = raw.strip().lower()
    if word in ("", "now", "立即"):
        return Schedule(raw=raw)
    if word == "best":
        return Schedule("best", raw=raw)
    match = _TIME.fullmatch(raw.strip())
    if not match:
        raise TimingError(f"读不懂时间 {raw}", f"{raw} is not a time")
    _check_parts(match)
    zone = _zone(match[7] or "")
    try:
        moment = datetime.fromisoformat(_iso(match))
    except ValueError as error:
        raise TimingError(f"没有这个时间 {raw}", f"there is no such time {raw}") from error
    aware = moment if moment.tzinfo else _once(moment, zone or ZONE, raw)
    return Schedule("at", aware.isoformat(), raw)


def _zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None where none is named."""
    if "/" not in name:
        return None
    known = next((zone for zone in available_timezones() if zone.lower() == name.lower()), None)
    if known is None:
        raise TimingError(f"不认识时区 {name}", f"there is no zone {name}")
    return ZoneInfo(known)


def _once(moment: datetime, zone: ZoneInfo, raw: str) -> datetime:
    """The instant, fixed by its offset. A clock that is put forward skips an hour, one that is put back has an hour twice."""
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return datetime.fromisoformat(first.isoformat())
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise TimingError(f"{raw} 那天夏令时开始，没有这个时刻", f"clocks go forward then: there is no {raw}")
    offsets = " / ".join(one.isoformat() for one in (first, second))
    raise TimingError(
        f"{raw} 那天夏令时结束，有两个这样的时刻，请写 {offsets}", f"clocks go back then and have it twice: write {offsets}"
    )


def _check_parts(match: re.Match[str]) -> None:
    """Name every impossible part at once."""
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute, second = (int(match[i] or 0) for i in (4, 5, 6))
    faults: list[tuple[str, str]] = []
    if not 1 <= month <= 12 or year == 0:
        faults.append((f"没有 {month} 月", f"there is no month {month}"))
    elif not 1 <= day <= (last := monthrange(year, month)[1]):
        faults.append(
            (f"{year} 年 {month} 月只有 {last} 天，没有 {day} 日", f"{year}-{month:02} has {last} days, there is no day {day}")
        )
    if hour > 23:
        faults.append((f"没有 {hour} 点", f"there is no hour {hour}"))
    if minute > 59 or second > 59:
        faults.append(("分和秒最大是 59", "minutes and seconds end at 59"))
    if faults:
        raise TimingError("；".join(zh for zh, _ in faults), "; ".join(en for _, en in faults))


def _iso(match: re.Match[str]) -> str:
    offset = "" if "/" in (match[7] or "") else (match[7] or "").upper().replace("Z", "+00:00")
    return (
        f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}T{int(match[4] or 0):02}:{match[5] or '00'}:{match[6] or '00'}{offset}"
    )


def read_lateness(raw: str) -> int:
    """Seconds from ``90s``, ``30m``, ``2h``, ``1d``. TimingError when it is none of them or more than 30 days."""
    match = _LATENESS.fullmatch(raw.strip())
    if not match or (not match[2] and match[1] != "0"):
        raise TimingError(f"读不懂时长 {raw}", f"{raw} is not a length of time")
    seconds = int(match[1]) * _SECONDS[(match[2] or "s").lower()]
    if seconds > 30 * 86400:
        raise TimingError(f"{raw} 超过 30 天", f"{raw} is more than 30 days")
    return seconds
