"""Far off its own history: by median and MAD, with enough history, and never for noise."""

from __future__ import annotations

import random

import pytest

from saas.reports.alerts.unusual import LEAST, unusual

STEADY = [0.050, 0.055, 0.060, 0.062, 0.058, 0.049, 0.066, 0.053, 0.061, 0.057]


def test_a_rate_far_below_its_history_is_unusual_and_says_how_far() -> None:
    found = unusual(0.012, STEADY, 3.5)
    assert found
    assert found.low
    assert (found.n, found.median) == (10, 0.0575)
    assert found.z == pytest.approx(0.6745 * (0.012 - 0.0575) / 0.004)


def test_a_rate_within_its_history_is_not() -> None:
    assert unusual(0.049, STEADY, 3.5) is None


def test_too_little_history_says_nothing() -> None:
    assert unusual(0.9, [0.05] * (LEAST - 1), 3.5) is None
    assert unusual(0.9, [0.05] * LEAST, 3.5) is not None


def test_what_differs_by_less_than_two_points_is_noise_however_steady_the_history() -> None:
    assert unusual(0.981, [0.999, 0.9991, 0.9989, 0.999] * 3, 3.5) is None


def test_one_outlier_in_the_history_does_not_hide_the_next() -> None:
    assert unusual(0.012, [*STEADY, 0.9], 3.5) is not None


def test_a_history_of_one_number_is_left_by_any_that_differs_enough() -> None:
    found = unusual(0.5, [0.9] * 10, 3.5)
    assert found
    assert found.z == -99.9


def test_of_ordinary_numbers_hardly_any_is_called_unusual() -> None:
    dice = random.Random(7)
    draws = [[dice.gauss(0.3, 0.05) for _ in range(21)] for _ in range(2000)]
    assert sum(unusual(values[0], values[1:], 3.5) is not None for values in draws) < 40
