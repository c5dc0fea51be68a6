"""Times as writers write them: in Beijing's time, with an offset, or in a named zone whose clocks change."""

from __future__ import annotations

from datetime import datetime

import pytest

from saas.content.timing import TimingError, read_schedule


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-03-20T09:00", "2026-03-20T01:00+00:00"),
        ("2026-03-20 09:00 Asia/Shanghai", "2026-03-20T01:00+00:00"),
        ("2026-03-20T09:00Z", "2026-03-20T09:00+00:00"),
        ("2026-03-20T09:00-05:00", "2026-03-20T14:00+00:00"),
        ("2027-03-13T09:00 America/New_York", "2027-03-13T14:00+00:00"),
        ("2027-03-14T09:00 America/New_York", "2027-03-14T13:00+00:00"),
        ("2027-03-28T09:00 europe/berlin", "2027-03-28T07:00+00:00"),
    ],
)
def test_a_time_is_an_instant_whatever_clocks_do_before_it(written: str, instant: str) -> None:
    found = read_schedule(written)
    assert found.form == "at" and found.moment() == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("2027-03-14T02:30 America/New_York", "there is no 2027-03-14T02:30"),
        ("2027-11-07T01:30 America/New_York", "2027-11-07T01:30:00-04:00 / 2027-11-07T01:30:00-05:00"),
        ("2027-03-14T02:30 Mars/Olympus", "there is no zone Mars/Olympus"),
        ("2027-03-14T02:30 ../etc/passwd", "is not a time"),
    ],
)
def test_a_time_that_is_not_there_or_there_twice_is_told_with_what_to_write(written: str, word: str) -> None:
    with pytest.raises(TimingError) as fault:
        read_schedule(written)
    assert word in fault.value.message[1]
