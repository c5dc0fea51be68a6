"""What a trial found, as values: who died where, what came of it, and every fault."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from saas.ops.faults.children import Ended

KILLED = -9


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be. ``kind``: duplicate, over_cap, lost, stuck, unexplained, told_wrong, stray or unbalanced."""

    kind: str
    what: str


@dataclass
class Report:
    """The result of a trial; without ``faults`` it is passed."""

    seed: int
    seconds: float = 0.0
    quiet_after: float = 0.0
    points: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    at_random: int = 0
    fell: int = 0
    servers: dict[str, int] = field(default_factory=dict)
    campaigns: int = 0
    deliveries: int = 0
    effects: int = 0
    states: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    unmet: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def died(self) -> int:
        """How many children were killed, at a named point or wherever they were."""
        return sum(self.points.values()) + self.at_random

    def bury(self, ended: Ended) -> None:
        """Count how a child ended. ``fell``: by itself, with an error, because a server was away."""
        if ended.at:
            self.points[ended.at[0]] += 1
            if ended.at[1]:
                self.routes[ended.at[1]] += 1
        elif ended.status == KILLED:
            self.at_random += 1
        elif ended.status:
            self.fell += 1

    def found(self, kind: str, what: str) -> None:
        """One fault more."""
        self.faults.append(Fault(kind, what))

    def to_json(self) -> dict[str, Any]:
        """The whole as JSON."""
        return {
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "quiet_after": round(self.quiet_after, 1),
            "kills": {
                "total": self.died,
                "points": dict(sorted(self.points.items())),
                "routes": dict(sorted(self.routes.items())),
                "at_random": self.at_random,
                "never_met": [" ".join(one).strip() for one in self.unmet],
            },
            "fell": self.fell,
            "strikes": dict(sorted(self.servers.items())),
            "campaigns": self.campaigns,
            "deliveries": self.deliveries,
            "effects": self.effects,
            "states": dict(sorted(self.states.items())),
            "unknown": dict(sorted(self.unknown.items())),
            "faults": {kind: [f.what for f in self.faults if f.kind == kind] for kind in sorted({f.kind for f in self.faults})},
        }
