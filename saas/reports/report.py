"""The report of a campaign as values: what CLI, API and pages all show. Counted in people (or groups)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

COUNTS = ("intended", "accepted", "delivered", "failed", "skipped", "unknown", "awaiting", "in_progress")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, where it comes from (callback, statistics, estimate, hand, answer) and as of when (ISO 8601)."""

    value: float
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account of a campaign. intended = delivered + failed + skipped + unknown + awaiting + in_progress, always.

    ``state``: planned, waiting (for its time or for a cap that resets in time), sending, accepted, awaiting, sent,
    partly_sent, failed, skipped, exhausted, unauthorized, unknown, missed, recalled, cancelled.
    ``receipts``: the platform's ids, one dict a delivery (at most 20; ``receipts_total`` says how many there are).
    ``rates``: delivery, open, share, only where the base is known and not zero.
    """

    key: str
    name: str
    client: str
    channel: str
    kind: str
    unit: str
    state: str
    intended: int
    accepted: int
    delivered: int
    failed: int
    skipped: int
    unknown: int
    awaiting: int
    in_progress: int
    receipts: list[dict[str, Any]]
    receipts_total: int
    code: str
    reason: str
    next_possible_at: str | None
    figures: dict[str, Figure] = field(default_factory=dict)
    rates: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """A campaign over all its accounts.

    ``state``: awaiting_approval, approved, scheduled, sending, waiting, done, incomplete, rejected or cancelled.
    ``not_shown``: figures that the agency does not show to this reader; they stand nowhere in it.
    """

    campaign: int
    name: str
    kind: str
    state: str
    author: str
    approved_by: list[str]
    digest: str
    created_at: str
    due_at: str
    max_lateness_seconds: int
    finished: bool
    accounts: list[AccountReport]
    not_shown: list[str] = field(default_factory=list)

    @property
    def totals_by_unit(self) -> dict[str, dict[str, int]]:
        """The sums apart for people, groups and publications, people first: they are never added together."""
        return sums_by_unit([(one.unit, [getattr(one, name) for name in COUNTS]) for one in self.accounts])

    @property
    def totals(self) -> dict[str, int]:
        """The sums in people."""
        return self.totals_by_unit.get("person") or dict.fromkeys(COUNTS, 0)

    @property
    def taken_on(self) -> bool:
        """Whether any platform has taken on anything."""
        return any(one.accepted for one in self.accounts)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists."""
        return asdict(self) | {"totals": self.totals, "totals_by_unit": self.totals_by_unit}


def sums_by_unit(rows: Iterable[tuple[str, Sequence[int]]]) -> dict[str, dict[str, int]]:
    """``COUNTS`` added up for each unit, people first."""
    found: dict[str, list[int]] = {}
    for unit, counts in rows:
        sums = found.setdefault(unit, [0] * len(COUNTS))
        found[unit] = [one + other for one, other in zip(sums, counts, strict=True)]
    return {unit: dict(zip(COUNTS, found[unit], strict=True)) for unit in sorted(found, key=lambda one: (one != "person", one))}
