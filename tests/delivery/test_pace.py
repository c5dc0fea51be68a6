"""Calls are spread by the account's rate, and the first never waits."""

from __future__ import annotations

from saas.channels import Rate
from saas.delivery.host import Pace


def test_the_first_call_of_a_slow_rate_goes_at_once_and_the_next_waits_its_turn() -> None:
    pace = Pace(Rate(calls=10, seconds=60.0))
    assert pace.wait() <= 0
    assert 4.5 < pace.wait() <= 6
    assert 10 < pace.wait() <= 12


def test_a_fast_rate_lets_a_seconds_worth_go_and_no_more() -> None:
    pace = Pace(Rate(calls=100, seconds=1.0))
    waits = [pace.wait() for _ in range(200)]
    assert sum(wait <= 0 for wait in waits) <= 105
    assert 0.8 < waits[-1] <= 1.0
