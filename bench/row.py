"""What a benchmark says, and how it makes up its mind: ratios of alternating segments, their median."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One result. ``value`` and ``goal`` are in ``unit``; ``better`` says on which side of the goal it is met.

    Where faults are counted, ``parts`` names them, and the baseline must have some: a check that cannot fail is not met.
    """

    id: str
    title: str
    value: float
    goal: float
    unit: str
    baseline: str
    better: Literal["more", "less"] = "more"
    detail: str = ""
    parts: dict[str, int] = field(default_factory=dict)
    baseline_value: float | None = None
    baseline_parts: dict[str, int] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        if self.parts and not self.baseline_value:
            return False
        return self.value >= self.goal if self.better == "more" else self.value <= self.goal

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self) | {"value": round(self.value, 3), "met": self.met}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done: the full size of the goals, ``QUICK`` for a look, ``TINY`` to see that it runs at all."""

    recipients: int = 100_000
    latency_recipients: int = 50_000
    jobs: int = 1500
    forked_jobs: int = 300
    slow_jobs: int = 150
    tenants: int = 10_000
    picks: int = 4000
    turn_seconds: float = 2.0
    rounds: int = 5
    accounts: int = 500
    few: int = 10_000
    many: int = 1_000_000
    seeds: int = 10
    people: int = 300
    requests: int = 1500
    rows: int = 200_000
    reservations: int = 4000


FULL = Size()
QUICK = Size(
    20_000,
    20_000,
    500,
    100,
    60,
    10_000,
    2000,
    1.0,
    3,
    accounts=200,
    many=100_000,
    seeds=2,
    requests=500,
    rows=40_000,
    reservations=1000,
)
TINY = Size(
    120, 120, 6, 3, 3, 40, 20, 0.5, 1, accounts=6, few=200, many=600, seeds=1, people=80, requests=40, rows=400, reservations=40
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of work: how many, how long by the clock and by this process's CPU."""

    count: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Per second."""
        return self.count / self.seconds

    @property
    def cost(self) -> float:
        """CPU seconds of this process for one."""
        return self.cpu / self.count


class Stopwatch:
    """Measures a segment: start it, do the work, then ``stop(count)``."""

    def __init__(self) -> None:
        self._clock, self._cpu = time.perf_counter(), time.process_time()

    def stop(self, count: int) -> Segment:
        """The segment since the start."""
        return Segment(count, time.perf_counter() - self._clock, time.process_time() - self._cpu)


def share(arm: Sequence[Segment], baseline: Sequence[Segment]) -> float:
    """The arm's rate as a share of its baseline's: the median over neighbouring segments."""
    return median(a.rate / b.rate for a, b in zip(arm, baseline, strict=True))


def cost(segments: Sequence[Segment]) -> float:
    """CPU microseconds for one, the median."""
    return median(segment.cost for segment in segments) * 1e6
