"""Two shares compared: the test, the interval of their difference, and what so many people could show at all. Pure.

Sources: z with a pooled share, and Fisher's exact test (two-sided, all tables no likelier than the one seen) where a cell is
expected to hold fewer than ``FEW``, after Cochran 1954; the interval after Newcombe 1998, method 10 (Wilson's intervals, squared
and added), which holds for small numbers too; several comparisons after Holm 1979.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, lgamma, sqrt
from typing import Literal

FEW = 5.0
SURE = 1.959963984540054
"""The normal deviate of 95 %."""
POWER = 0.8416212335729143
"""The normal deviate of 80 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """``top`` people out of ``base``; 0 ≤ top ≤ base, base > 0."""

    top: int
    base: int

    @property
    def value(self) -> float:
        """The share, 0..1."""
        return self.top / self.base


@dataclass(frozen=True, slots=True)
class Difference:
    """The first share less the second, its 95 % interval, how likely so much is by chance alone (``p``), and by which test."""

    value: float
    low: float
    high: float
    p: float
    test: Literal["z", "fisher"]


def compared(one: Share, other: Share) -> Difference:
    """How the first differs from the second."""
    low, high = _newcombe(one, other)
    expected = min(_expected(one, other))
    p = _fisher(one, other) if expected < FEW else _z(one, other)
    return Difference(one.value - other.value, low, high, p, "fisher" if expected < FEW else "z")


def wilson(share: Share) -> tuple[float, float]:
    """The 95 % interval of one share."""
    n, p, z = share.base, share.value, SURE
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def holm(values: Sequence[float]) -> list[float]:
    """The p of each of several comparisons, so that one false find among all of them stays as rare as p says."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found, most = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        most = max(most, min(1.0, (len(values) - rank) * values[place]))
        found[place] = most
    return found


def smallest_seen(one: Share, other: Share) -> float:
    """The difference that so many people would show in four cases of five, if there were one."""
    p = (one.top + other.top) / (one.base + other.base)
    p = min(max(p, 1 / (one.base + other.base)), 1 - 1 / (one.base + other.base))
    return (SURE + POWER) * sqrt(p * (1 - p) * (1 / one.base + 1 / other.base))


def _newcombe(one: Share, other: Share) -> tuple[float, float]:
    (low1, high1), (low2, high2) = wilson(one), wilson(other)
    p1, p2 = one.value, other.value
    return p1 - p2 - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2), p1 - p2 + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)


def _expected(one: Share, other: Share) -> list[float]:
    whole, tops = one.base + other.base, one.top + other.top
    return [base * side / whole for base in (one.base, other.base) for side in (tops, whole - tops)]


def _z(one: Share, other: Share) -> float:
    pooled = (one.top + other.top) / (one.base + other.base)
    error = sqrt(pooled * (1 - pooled) * (1 / one.base + 1 / other.base))
    return erfc(abs(one.value - other.value) / error / sqrt(2))


def _fisher(one: Share, other: Share) -> float:
    tops = one.top + other.top
    whole = _ways(one.base + other.base, tops)
    likely = {
        top: exp(_ways(one.base, top) + _ways(other.base, tops - top) - whole)
        for top in range(max(0, tops - other.base), min(one.base, tops) + 1)
    }
    seen = likely[one.top] * (1 + 1e-7)
    return min(1.0, sum(value for value in likely.values() if value <= seen))


def _ways(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
