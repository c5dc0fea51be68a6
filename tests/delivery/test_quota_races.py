"""Many at once on few units, each on a connection of its own: the sum is what the cap says, never one more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.steps import NOW, claim
from tests.delivery.test_quota_windows import at

PARALLEL = 50
Ready = Callable[..., int]


def all_at_once(house: House, dispatches: list[int], caps_of: Callable[[int], tuple[Any, Any]]) -> int:
    """Each dispatch claimed on a connection of its own, all in the same instant; how many rows were taken in all."""
    start = threading.Barrier(len(dispatches))

    def one(number: int) -> int:
        now, caps = caps_of(number)
        with house.connect() as connection:
            start.wait()
            return sum(row["id"] is not None for row in claim(connection, dispatches[number], caps, now=now))

    with ThreadPoolExecutor(len(dispatches)) as pool:
        return sum(pool.map(one, range(len(dispatches))))


@pytest.mark.parametrize("window", ["day", "month", "rolling 60 s", "rolling 24 h"])
def test_check_12_fifty_parallel_sends_with_four_left_are_exactly_four(house: House, ready: Ready, window: str) -> None:
    account = house.account("narrow")
    dispatches = [ready(1, account=account) for _ in range(PARALLEL)]
    assert all_at_once(house, dispatches, lambda _: (NOW, at(NOW, 4, window))) == 4
    assert house.one("SELECT sum(reserved) FROM quota_windows WHERE account_id = %s", account) == 4
    balance(house)


def test_check_12_writers_whose_clocks_differ_share_one_cap(house: House, ready: Ready) -> None:
    """Their grains and their minutes differ; what is left does not."""
    account = house.account("skewed")
    dispatches = [ready(1, account=account) for _ in range(30)]

    def of(number: int) -> tuple[Any, Any]:
        now = NOW + timedelta(seconds=number % 5)
        return now, at(now, 4, "rolling 60 s")

    assert all_at_once(house, dispatches, of) == 4
    balance(house)


def test_check_12_writers_who_disagree_on_the_zone_share_one_cap(house: House, ready: Ready) -> None:
    """As in the moment in which an account's zone is changed."""
    account = house.account("moving")
    dispatches = [ready(1, account=account) for _ in range(30)]
    zones = ("Asia/Shanghai", "America/New_York", "UTC")
    assert all_at_once(house, dispatches, lambda n: (NOW, at(NOW, 4, "day", zones[n % 3]))) == 4
    balance(house)


def test_check_12_each_recipient_gets_what_its_own_cap_leaves(house: House, ready: Ready) -> None:
    account = house.account("each")
    dispatches = [ready(3, account=account) for _ in range(20)]
    assert all_at_once(house, dispatches, lambda _: (NOW, at(NOW, 2, "rolling 1 h", scope="target"))) == 6
    balance(house)
