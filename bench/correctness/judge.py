"""The judge: what the platforms let happen against what the books say. Pure; it knows nothing of either arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass

Recipient = tuple[str, str]  # account, whom it reached
OUT = frozenset({"accepted", "awaiting", "sent", "partly_sent"})
OPEN = frozenset({"due", "sending", "publishing", "failed_for_now"})
ASKED = "unknown"  # listed for a person: nobody can know


@dataclass(frozen=True, slots=True)
class Faults:
    """What went wrong, in recipients. ``asked`` is no fault: outcomes nobody can know, listed for a person to settle."""

    duplicates: int = 0
    over_cap: int = 0
    lost: int = 0
    stuck: int = 0
    asked: int = 0

    @property
    def total(self) -> int:
        """The faults."""
        return self.duplicates + self.over_cap + self.lost + self.stuck

    @property
    def parts(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


def together(every: Iterable[Faults]) -> Faults:
    """The sum."""
    rows = [one.parts for one in every]
    return Faults(**{name: sum(row[name] for row in rows) for name in Faults().parts})


def judge(said: Mapping[Recipient, str], reached: Counter[Recipient], cannot_ask: Collection[str] = ()) -> Faults:
    """Everybody was to get it once. ``said``: the books' last word on each; ``cannot_ask``: accounts whose platform tells
    nobody afterwards, where an unknown outcome is for a person. Elsewhere an unknown outcome counts as stuck.

    lost: nobody got it, whatever the books say; or it is out and the books say it is not.
    stuck: it is out, and the books will never know.
    """
    duplicates = sum(times - 1 for times in reached.values()) + sum(one not in said for one in reached)
    lost = stuck = asked = 0
    for one, word in said.items():
        out = reached[one] > 0
        if word == ASKED and one[0] in cannot_ask:
            asked += 1
        elif word in OPEN or word == ASKED:
            stuck, lost = stuck + out, lost + (not out)
        else:
            lost += not (out and word in OUT)
    return Faults(duplicates, 0, lost, stuck, asked)


def judge_caps(
    said: Mapping[Recipient, str], reached: Counter[Recipient], caps: Mapping[str, int], days: Mapping[str, Counter[str]]
) -> Faults:
    """More is wanted than the caps allow: each account sends as many as its cap, nobody twice, and the rest is told so.

    ``days``: by account, how many on which day of the platform; a cap counts each day for itself.
    """
    over = sum(max(0, number - caps[account]) for account, days_of in days.items() for number in days_of.values())
    wanted = Counter(account for account, _ in said)
    out = Counter(account for account, _ in reached.elements())
    short = sum(max(0, min(caps[account], wanted[account]) - out[account]) for account in wanted)
    duplicates = sum(times - 1 for times in reached.values())
    stuck = sum(word in OPEN or word == ASKED for word in said.values())
    untrue = sum((reached[one] > 0) != (word in OUT) for one, word in said.items() if word not in OPEN and word != ASKED)
    return Faults(duplicates, over, short + untrue, stuck)
