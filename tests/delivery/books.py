"""What must hold after whatever happened: the questions of the trial of faults, asked of one house."""

from __future__ import annotations

from saas.ops.faults.books import BALANCES, COUNTERS, HELD, LOST, OVER, SUMS
from tests.conftest import House

__all__ = ["COUNTERS", "HELD", "LOST", "OVER", "SUMS", "balance"]


def balance(house: House) -> None:
    """Whatever happened, the books agree."""
    for what, question in BALANCES.items():
        assert house.rows(question) == [], what
