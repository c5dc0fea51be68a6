"""Whether a number is far off its own history: the modified z-score, by median and median absolute deviation. Pure.

Boris Iglewicz and David Hoaglin, How to Detect and Handle Outliers (1993): 0.6745 x (value - median) / MAD; where more than half
of the history is one number and MAD is zero, the mean absolute deviation x 1.2533 takes its place. One outlier in the history
does not hide the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

LAST: Final = 20
"""How many of the account's sends before this one are its history."""
LEAST: Final = 8
"""With fewer nothing is said."""
FLOOR: Final = 0.02
"""Two percentage points: what differs by less is noise, however steady the history."""
AGE_HOURS: Final = 48
"""Open rates are compared as they stood so long after each send."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """A rate that is far off: itself, the median of ``n`` sends before it, and how far by the modified z-score."""

    value: float
    median: float
    z: float
    n: int

    @property
    def low(self) -> bool:
        """Whether it lies below its history."""
        return self.value < self.median


def unusual(value: float, history: Sequence[float], threshold: float) -> Unusual | None:
    """The value as an outlier of its history, or None: too little history, too near, or nothing that says how far is far."""
    if len(history) < LEAST:
        return None
    middle = median(history)
    if abs(value - middle) < FLOOR:
        return None
    far = [abs(one - middle) for one in history]
    spread = median(far) / 0.6745 or fmean(far) * 1.2533
    z = (value - middle) / spread if spread else float("inf") * (1 if value > middle else -1)
    if abs(z) < threshold:
        return None
    return Unusual(value, middle, max(min(z, 99.9), -99.9), len(history))
