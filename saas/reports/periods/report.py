"""A report of a span, as values: what pages, the API, commands and every export show, so that they cannot differ."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from saas.kernel.errors import Words
from saas.reports.experiments.result import Experiment
from saas.reports.periods.measures import Measures
from saas.reports.report import Figure


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client in a report of the agency."""

    id: int
    name: str
    accounts: int
    measures: Measures


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in a report; ``against``: by how much its rates stand over (+) or under the agency's median, in rate points."""

    id: int
    key: str
    name: str
    client: str
    channel: str
    kind: str
    unit: str
    sends: int
    delivered: int
    intended: int
    measures: Measures
    against: dict[str, float]


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day: what was sent on it, and what the accounts gained and lost. None: nothing known, which is not zero."""

    day: str
    sends: int
    intended: int
    delivered: int | None
    opened: int | None
    gained: int | None
    lost: int | None
    replies: int | None
    followers: int | None


@dataclass(frozen=True, slots=True)
class SentLine:
    """One send, as a list of sends shows it. Rates only where their base is known."""

    dispatch: int
    campaign: int
    name: str
    title: str
    due_at: str
    account: str
    account_name: str
    client: str
    unit: str
    state: str
    counts: dict[str, int]
    counted_by: str
    figures: dict[str, Figure]
    rates: dict[str, float]


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour of a weekday (0 Monday): the open rate of what went out then, over how many sends and people. None: not known."""

    weekday: int
    hour: int
    open: float | None
    sends: int
    delivered: int


@dataclass(frozen=True, slots=True)
class CapLine:
    """A cap of an account in the span: units of ours, units sent elsewhere, and what its newest window leaves."""

    account: str
    name: str
    rule: str
    title: Words
    unit: str
    used: int
    external: int
    amount: int
    left: int
    source: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that did not go as planned: what, on which account, for how many, why, and who says so.

    ``source`` hand: a person entered it, as number ``entry``.
    """

    kind: str
    due_at: str
    campaign: int
    name: str
    account: str
    client: str
    people: int
    unit: str
    code: str
    reason: Words
    source: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """The whole. ``before`` and ``year_before`` are the measures of the span before (环比) and of last year (同比), each with its
    first and last day (2026-10-01/2026-10-23).

    ``heads``: of the evidence that was handed out of just this, newest first.
    ``experiments``: comparisons with a variant among what was sent.
    ``median``: the agency's own medians of its accounts' rates in the span; empty where it would tell of others too plainly.
    ``untold``: what no platform tells, in words: those figures are missing, which is not zero.
    ``not_shown``: figures that the agency does not show to this reader; they stand nowhere in it.
    """

    scope: str
    subject: str
    agency: str
    zone: str
    period: str
    period_words: Words
    made_at: str
    conclusion: Words
    changes: list[Words]
    measures: Measures
    before: Measures
    year_before: Measures
    median: dict[str, float]
    clients: list[ClientLine]
    accounts: list[AccountLine]
    days: list[DayLine]
    best: list[SentLine]
    worst: list[SentLine]
    slots: list[Slot]
    scenes: dict[str, Figure]
    caps: list[CapLine]
    incidents: list[Incident]
    experiments: list[Experiment]
    sends: list[SentLine]
    heads: list[str]
    before_days: str = ""
    year_before_days: str = ""
    untold: list[Words] = field(default_factory=list)
    not_shown: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists."""
        return asdict(self)
