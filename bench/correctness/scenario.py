"""What the four rows share: seeds, two arms on one ground, and a row of the faults of both."""

from __future__ import annotations

from collections.abc import Callable

from bench.correctness.ground import Actor, Ground, ground
from bench.correctness.judge import Faults, together
from bench.correctness.ours import workers
from bench.row import Row, Size

Arm = Callable[[Ground, int, int], Faults]  # ground, seed, people


def both_arms(id: str, title: str, ours: Arm, naive: Arm, naively: str, count: int, size: Size) -> list[Row]:
    """Every seed through both arms, one after the other, with ``count`` workers of the product."""
    with ground() as place, workers(place, count):
        pairs = [(ours(place, seed, size.people), naive(place, seed, size.people)) for seed in range(1, size.seeds + 1)]
    mine, theirs = together(pair[0] for pair in pairs), together(pair[1] for pair in pairs)
    return [
        Row(
            id,
            f"{title}, {size.seeds} seeds",
            mine.total,
            0,
            "faults",
            f"{naively}: {theirs.total}",
            "less",
            f"ours {_words(mine)}; naive {_words(theirs)}",
            parts=mine.parts,
            baseline_value=theirs.total,
            baseline_parts=theirs.parts,
        )
    ]


def _words(faults: Faults) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in faults.parts.items())


def cast(place: Ground, name: str, seed: int, people: int) -> list[Actor]:
    """Two accounts of a platform that knows our keys again, and some bots of one that knows nothing."""
    bots = max(2, people // 40)
    return [
        *(place.actor(f"{name}{seed}-oa{number}", "official_account", people // 2) for number in range(2)),
        *(place.actor(f"{name}{seed}-qq{number}", "qq_group", 10) for number in range(bots)),
    ]


def cannot_ask(actors: list[Actor]) -> set[str]:
    """Accounts of platforms that nobody can ask afterwards."""
    return {actor.key for actor in actors if actor.channel == "qq_group"}
