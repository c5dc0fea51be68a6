"""Days, weeks, months and quarters: how they are written, and which come before. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from saas.kernel.errors import Invalid, Words, counted

Kind = Literal["day", "week", "month", "quarter"]
DAY = timedelta(days=1)
FORMS = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>\d{2})|(?P<month>\d{2})(?:-(?P<day>\d{2}))?))")


@dataclass(frozen=True, slots=True)
class Span:
    """A whole day, week (Monday to Sunday), month or quarter; ``last`` is its last day."""

    kind: Kind
    first: date
    last: date

    @property
    def name(self) -> str:
        """As it is written: 2026-11-22, 2026-W47, 2026-11, 2026-Q4."""
        year, week, _ = self.first.isocalendar()
        return {
            "day": self.first.isoformat(),
            "week": f"{year}-W{week:02d}",
            "month": f"{self.first:%Y-%m}",
            "quarter": f"{self.first.year}-Q{(self.first.month + 2) // 3}",
        }[self.kind]

    @property
    def words(self) -> Words:
        """As people say it."""
        first, (year, week, _) = self.first, self.first.isocalendar()
        quarter = (first.month + 2) // 3
        return {
            "day": (f"{first.year}年{first.month}月{first.day}日", f"{first:%d %b %Y}"),
            "week": (f"{year}年第{week}周（{first:%m-%d} 至 {self.last:%m-%d}）", f"week {week} of {year}"),
            "month": (f"{first.year}年{first.month}月", f"{first:%B %Y}"),
            "quarter": (f"{first.year}年第{quarter}季度", f"Q{quarter} {first.year}"),
        }[self.kind]

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]

    @property
    def interval(self) -> str:
        """Its first and last day: 2026-10-01/2026-10-23."""
        return f"{self.first}/{self.last}"

    def instants(self, zone: str) -> tuple[datetime, datetime]:
        """When it begins and when the next begins, in that zone."""
        begins, ends = self.first, self.last + DAY
        here = ZoneInfo(zone)
        return datetime(begins.year, begins.month, begins.day, tzinfo=here), datetime(
            ends.year, ends.month, ends.day, tzinfo=here
        )

    def before(self) -> Span:
        """The one just before it (环比)."""
        return around(self.kind, self.first - DAY)

    def year_before(self) -> Span:
        """The same of the year before (同比): a week is its number's, the 53rd the 52nd's where there is none; 29 February is the
        28th."""
        if self.kind == "week":
            named, week, _ = self.first.isocalendar()
            last = date(named - 1, 12, 28).isocalendar().week  # 28 December always lies in a year's last week
            return around("week", date.fromisocalendar(named - 1, min(week, last), 1))
        year, month, day = self.first.year - 1, self.first.month, self.first.day
        return around(self.kind, date(year, month, 28 if (month, day) == (2, 29) else day))

    def running(self, today: date) -> bool:
        """Whether it has begun and goes on after today."""
        return self.first <= today < self.last

    def compared(self, today: date) -> tuple[Span, Span]:
        """The one before and that of the year before; for one that is not over, as many of their first days as it has had."""
        before, year = self.before(), self.year_before()
        if not self.running(today):
            return before, year
        return before._first_days(today - self.first), year._first_days(today - self.first)

    def _first_days(self, passed: timedelta) -> Span:
        return replace(self, last=min(self.last, self.first + passed))

    def words_at(self, today: date) -> Words:
        """As people say it on that day: of one that is not over, that it is not."""
        zh, en = self.words
        if not self.running(today):
            return zh, en
        return f"{zh}，截至 {today:%m-%d}，本期未结束", f"{en}, until {_short(today)}, not over yet"

    def compared_words(self, today: date) -> Words:
        """What a sentence about one that is not over begins with; else nothing."""
        if not self.running(today):
            return "", ""
        days = (today - self.first).days + 1
        return (
            f"截至 {today:%m-%d}，本期未结束（只与上期的前 {days} 天相比）：",
            f"until {_short(today)}, not over yet (compared with the first {counted(days, 'day')} of the time before): ",
        )


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def around(kind: Kind, day: date) -> Span:
    """The span of that kind in which the day lies."""
    if kind == "day":
        return Span(kind, day, day)
    if kind == "week":
        first = day - DAY * day.weekday()
        return Span(kind, first, first + DAY * 6)
    first = day.replace(day=1) if kind == "month" else day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    after = (first + timedelta(days=32 if kind == "month" else 95)).replace(day=1)
    return Span(kind, first, after - DAY)


def span(written: str) -> Span:
    """From what was written. Invalid, with the forms that are understood."""
    found = FORMS.fullmatch(written.strip().upper())
    try:
        if found is None or not 2000 <= int(found["year"]) <= 9998:
            raise ValueError
        year = int(found["year"])
        if found["quarter"]:
            return around("quarter", date(year, int(found["quarter"]) * 3, 1))
        if found["week"]:
            return around("week", date.fromisocalendar(year, int(found["week"]), 1))
        if found["day"]:
            return around("day", date(year, int(found["month"]), int(found["day"])))
        return around("month", date(year, int(found["month"]), 1))
    except ValueError:
        words = (f"“{written}”不是一段时间", f"'{written}' is not a span of time")
        remedy = ("写成 2026-11、2026-Q4、2026-W47 或 2026-11-22", "write 2026-11, 2026-Q4, 2026-W47 or 2026-11-22")
        raise Invalid("bad_period", words, remedy, "period") from None
