"""Days, weeks, months and quarters, how they are written, and what they are compared with."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kernel.errors import Invalid
from saas.reports.periods.spans import Kind, around, span

KINDS: tuple[Kind, ...] = ("day", "week", "month", "quarter")
DAYS = st.dates(date(2001, 1, 1), date(2090, 12, 31))


@given(DAYS, st.sampled_from(KINDS))
def test_a_span_holds_its_day_and_reads_back_from_its_name(day: date, kind: Kind) -> None:
    made = around(kind, day)
    assert made.first <= day <= made.last
    assert span(made.name) == made


@given(DAYS, st.sampled_from(KINDS))
def test_spans_follow_each_other_without_a_gap(day: date, kind: Kind) -> None:
    made = around(kind, day)
    assert made.before().last + timedelta(days=1) == made.first
    assert len(made.days) == (made.last - made.first).days + 1


@given(DAYS, st.sampled_from(KINDS))
def test_last_years_span_is_of_the_same_kind_and_length_or_nearly(day: date, kind: Kind) -> None:
    made, before = around(kind, day), around(kind, day).year_before()
    assert before.kind == kind
    assert 363 <= (made.first - before.first).days <= (371 if kind == "week" else 366), "a year of weeks may have 53"
    assert abs(len(made.days) - len(before.days)) <= 1


@pytest.mark.parametrize(
    "written", ["", "2026", "2026-13", "2026-00", "2026-Q5", "2026-W54", "2026-02-30", "1999-01", "9999-12", "x"]
)
def test_what_is_no_span_is_refused_with_the_forms_there_are(written: str) -> None:
    with pytest.raises(Invalid) as told:
        span(written)
    assert told.value.code == "bad_period"
    assert "2026-Q4" in told.value.remedy[0]


def test_a_span_begins_at_midnight_of_the_agencys_zone() -> None:
    begins, ends = span("2026-11").instants("Asia/Shanghai")
    assert begins == datetime.fromisoformat("2026-11-01T00:00:00+08:00")
    assert ends == datetime.fromisoformat("2026-12-01T00:00:00+08:00")


@pytest.mark.parametrize(
    ("week", "before"),
    [
        ("2026-W47", "2025-W47"),
        ("2027-W01", "2026-W01"),
        ("2027-W47", "2026-W47"),
        ("2026-W53", "2025-W52"),
        ("2021-W52", "2020-W52"),
    ],
)
def test_a_week_is_compared_with_that_of_its_number(week: str, before: str) -> None:
    assert span(week).year_before().name == before


def test_the_29th_of_february_is_compared_with_the_28th() -> None:
    assert span("2028-02-29").year_before().name == "2027-02-28"
