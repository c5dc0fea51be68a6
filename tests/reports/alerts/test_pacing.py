"""When somebody may be told: not in quiet hours, not more than once a window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from saas.reports.alerts.kinds import KINDS
from saas.reports.alerts.pacing import MOST_TRIES, after_quiet, again_at, told_at

NIGHT = (22 * 60, 8 * 60)
ZONE = "Asia/Shanghai"


def beijing(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("asked", "quiet", "then"),
    [
        (beijing(12), NIGHT, beijing(12)),
        (beijing(21, 59), NIGHT, beijing(21, 59)),
        (beijing(22), NIGHT, beijing(8, day=21)),
        (beijing(3), NIGHT, beijing(8)),
        (beijing(8), NIGHT, beijing(8)),
        (beijing(12, 30), (12 * 60, 14 * 60), beijing(14)),
        (beijing(14), (12 * 60, 14 * 60), beijing(14)),
        (beijing(3), None, beijing(3)),
        (beijing(3), (60, 60), beijing(3)),
    ],
)
def test_quiet_hours_end_where_they_end(asked: datetime, quiet: tuple[int, int] | None, then: datetime) -> None:
    assert after_quiet(asked, quiet, ZONE) == then


def test_a_second_message_waits_for_the_window_and_then_for_the_morning() -> None:
    rule = replace(KINDS["account"].usual, window=30)
    assert told_at(beijing(12), None, rule, ZONE) == beijing(12)
    assert told_at(beijing(12), beijing(11, 50), rule, ZONE) == beijing(12, 20)
    assert told_at(beijing(12), beijing(11), rule, ZONE) == beijing(12)
    quiet = replace(rule, quiet=NIGHT)
    assert told_at(beijing(21, 50), beijing(21, 45), quiet, ZONE) == beijing(8, day=21)


def test_gaps_grow_and_end() -> None:
    at = beijing(12)
    gaps = [again_at(at, tries) for tries in range(1, MOST_TRIES + 1)]
    assert gaps[0] == at + timedelta(minutes=1)
    assert gaps[-1] is None
    known = [gap for gap in gaps if gap]
    assert known == sorted(known)
