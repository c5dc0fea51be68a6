"""Caps over time: rolling windows, clocks that are stepped, zones that change, days of 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.channels.rules import Cap, Window
from saas.delivery.policy import window
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.steps import NOW, claim, news, settle

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
Ready = Callable[..., int]


def at(now: datetime, amount: int, name: str = "day", zone: str = SHANGHAI, **of: Any) -> list[dict[str, Any]]:
    """The one cap of that window, as a worker asks for it at that moment."""
    return [window(Cap(of.pop("rule", "r"), of.pop("scope", "account"), Window(name), amount, **of), now, zone)]


def take(house: House, dispatch: int, now: datetime, caps: list[dict[str, Any]], limit: int = 100) -> int:
    """How many were claimed at that moment; all of them go out."""
    with house.connect() as connection:
        rows = [row for row in claim(connection, dispatch, caps, limit, now) if row["id"]]
        if rows:
            settle(connection, rows[0]["lease"], [news(row["id"], a=1, d=1) for row in rows], now)
    return len(rows)


def blocked_until(house: House, dispatch: int, now: datetime, caps: list[dict[str, Any]]) -> datetime:
    with house.connect() as connection:
        row = claim(connection, dispatch, caps, now=now)[0]
    assert row["blocked"]
    when: datetime = row["resets_at"]
    return when


def test_a_rolling_minute_never_lets_a_new_minute_begin_early(house: House, ready: Ready) -> None:
    dispatch, second = ready(30), timedelta(seconds=1)
    end_of_minute = NOW + timedelta(seconds=58)
    assert take(house, dispatch, end_of_minute, at(end_of_minute, 20, "rolling 60 s")) == 20
    for later in range(1, 60):
        now = end_of_minute + later * second
        assert take(house, dispatch, now, at(now, 20, "rolling 60 s")) == 0
    again = blocked_until(house, dispatch, now, at(now, 20, "rolling 60 s"))
    assert timedelta(seconds=60) < again - end_of_minute <= timedelta(seconds=67)
    assert take(house, dispatch, again, at(again, 20, "rolling 60 s")) == 10
    balance(house)


def test_room_in_a_rolling_day_comes_back_as_units_leave_it_one_by_one(house: House, ready: Ready) -> None:
    dispatch, hour = ready(9), timedelta(hours=1)
    for n in range(3):
        assert take(house, dispatch, NOW + n * hour, at(NOW + n * hour, 3, "rolling 24 h"), limit=1) == 1
    before = NOW + 23 * hour
    again = blocked_until(house, dispatch, before, at(before, 3, "rolling 24 h"))
    assert timedelta(0) <= again - (NOW + 24 * hour) <= timedelta(minutes=20)
    assert take(house, dispatch, again - timedelta(seconds=1), at(again - timedelta(seconds=1), 3, "rolling 24 h")) == 0
    assert take(house, dispatch, again, at(again, 3, "rolling 24 h")) == 1
    balance(house)


def test_each_recipient_has_a_rolling_window_of_its_own(house: House, ready: Ready) -> None:
    account = house.account("own")
    first, second = ready(2, account=account), ready(3, account=account)
    assert take(house, first, NOW, at(NOW, 1, "rolling 1 h", scope="target")) == 2
    later = NOW + timedelta(minutes=59)
    assert take(house, second, later, at(later, 1, "rolling 1 h", scope="target")) == 1
    waiting = house.rows("SELECT target, due_at FROM deliveries WHERE state = 'due' ORDER BY target")
    assert [row["target"] for row in waiting] == ["r00001", "r00002"]
    assert {row["due_at"] for row in waiting} == {NOW + timedelta(minutes=63)}
    balance(house)


def test_a_repeat_by_key_takes_its_unit_along_in_a_rolling_window(house: House, ready: Ready) -> None:
    dispatch, when = ready(1, repeat=("key", 3600)), NOW
    with house.connect() as connection:
        for _ in range(3):
            row = claim(connection, dispatch, at(when, 1, "rolling 60 s"), now=when)[0]
            assert row["id"], row
            settle(connection, row["lease"], [news(row["id"], "due", "hold", due=when.isoformat())], when)
            when += timedelta(seconds=20)
    held = house.rows("SELECT starts_at, reserved FROM quota_windows WHERE reserved + used > 0")
    assert held == [{"starts_at": NOW + timedelta(seconds=40), "reserved": 1}]
    balance(house)


@pytest.mark.parametrize("window", ["day", "month", "rolling 24 h"])
def test_a_new_zone_opens_no_fresh_window_within_the_old_one(house: House, ready: Ready, window: str) -> None:
    account = house.account("mover")
    first, second = ready(4, account=account), ready(4, account=account)
    assert take(house, first, NOW, at(NOW, 4, window)) == 4
    for zone in (NEW_YORK, "Pacific/Auckland", SHANGHAI):
        assert take(house, second, NOW, at(NOW, 4, window, zone)) == 0
    balance(house)


def test_check_14_a_clock_stepped_back_over_midnight_opens_neither_day_twice(house: House, ready: Ready) -> None:
    account, minute = house.account("back"), timedelta(minutes=1)
    midnight = datetime(2026, 3, 20, 16, 0, tzinfo=UTC)
    dispatches = [ready(1, account=account) for _ in range(4)]
    assert take(house, dispatches[0], midnight + minute, at(midnight + minute, 1)) == 1
    stepped = midnight - 4 * minute
    assert take(house, dispatches[1], stepped, at(stepped, 1)) == 0
    assert blocked_until(house, dispatches[1], stepped, at(stepped, 1)) == midnight
    assert take(house, dispatches[1], midnight + 2 * minute, at(midnight + 2 * minute, 1)) == 0
    tomorrow = midnight + timedelta(days=1)
    assert take(house, dispatches[1], tomorrow, at(tomorrow, 1)) == 1
    balance(house)


@pytest.mark.parametrize("scope", ["account", "target"])
def test_check_14_what_goes_out_under_a_stepped_back_clock_counts_in_the_day_that_had_begun(
    house: House, ready: Ready, scope: str
) -> None:
    """The true day has seen one send of two; under the old date goes the second, and then it is full."""
    account, minute = house.account("back"), timedelta(minutes=1)
    midnight = datetime(2026, 3, 20, 16, 0, tzinfo=UTC)
    first, second, third = (ready(1, account=account) for _ in range(3))
    for dispatch, when, expected in (
        (first, midnight + minute, 1), (second, midnight - 4 * minute, 1), (third, midnight + 2 * minute, 0)
    ):  # fmt: skip
        assert take(house, dispatch, when, at(when, 2, scope=scope)) == expected
    used = house.rows("SELECT starts_at, sum(used) AS used FROM quota_windows GROUP BY 1")
    assert used == [{"starts_at": midnight, "used": 2}]
    balance(house)


def test_check_14_a_clock_stepped_back_gives_no_room_in_a_rolling_window(house: House, ready: Ready) -> None:
    dispatch, five = ready(6), timedelta(minutes=5)
    assert take(house, dispatch, NOW, at(NOW, 2, "rolling 10 min")) == 2
    assert take(house, dispatch, NOW - five, at(NOW - five, 2, "rolling 10 min")) == 0
    assert take(house, dispatch, NOW + five, at(NOW + five, 2, "rolling 10 min")) == 0
    later = NOW + timedelta(minutes=11)
    assert take(house, dispatch, later, at(later, 2, "rolling 10 min")) == 2
    balance(house)


@pytest.mark.parametrize(
    ("day", "hours", "zone"),
    [
        ((2027, 3, 14), 23, NEW_YORK),
        ((2026, 11, 1), 25, NEW_YORK),
        ((2028, 2, 29), 24, SHANGHAI),
        ((2026, 9, 6), 23, "America/Santiago"),
    ],
)
def test_check_14_a_cap_of_one_a_day_is_one_a_day_on_every_kind_of_day(
    house: House, ready: Ready, day: tuple[int, int, int], hours: int, zone: str
) -> None:
    """Also where clocks are put on or back, on a leap day, and where midnight itself does not exist."""
    dispatch = ready(99)
    start = Window("day").bounds(datetime(*day, 12, tzinfo=ZoneInfo(zone)), zone)[0]
    halves = [start + timedelta(minutes=30 * n) for n in range(2 * hours)]
    assert sum(take(house, dispatch, now, at(now, 1, zone=zone), limit=1) for now in halves) == 1
    after = start + timedelta(hours=hours)
    assert take(house, dispatch, after, at(after, 1, zone=zone), limit=1) == 1
    balance(house)


def test_a_changed_cap_has_its_line_and_holds_at_once(house: House, ready: Ready) -> None:
    account = house.account("grown")
    assert take(house, ready(5, account=account), NOW, at(NOW, 2)) == 2
    assert take(house, ready(5, account=account), NOW, at(NOW, 3)) == 1
    assert take(house, ready(5, account=account), NOW, at(NOW, 1)) == 0
    lines = house.rows("SELECT units FROM quota_ledger WHERE change = 'cap' ORDER BY id")
    assert [line["units"] for line in lines] == [1]  # narrowing below what is out leaves the counter at what is out
    assert house.rows("SELECT opened_with, cap FROM quota_windows") == [{"opened_with": 2, "cap": 3}]


@given(
    st.lists(st.integers(0, 7200), min_size=1, max_size=40).map(sorted),
    st.sampled_from(["rolling 60 s", "rolling 90 s", "rolling 10 min", "rolling 1 h"]),
    st.integers(0, 3),
)
def test_what_a_rolling_window_forgets_is_older_than_its_length(seconds: list[int], name: str, late: int) -> None:
    """A unit of a grain still counts for every claim whose calls could begin within the length after its own calls."""
    span = Window(name)
    length = span.rolling or timedelta(0)
    for one in seconds:
        earlier = NOW + timedelta(seconds=one)
        _, begun_by = span.bounds(earlier, "UTC")
        for other in seconds:
            later = NOW + timedelta(seconds=other)
            if later >= earlier and later < begun_by + length:
                assert begun_by > span.since(later, "UTC")
    start, _ = span.bounds(NOW + timedelta(seconds=late), "UTC")
    assert start <= NOW + timedelta(seconds=late) < span.bounds(NOW + timedelta(seconds=late), "UTC")[1]
