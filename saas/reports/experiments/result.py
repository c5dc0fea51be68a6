"""An experiment as values: what pages, the API, commands and every file show."""

from __future__ import annotations

from dataclasses import dataclass

from saas.kernel.errors import Words
from saas.reports.experiments.judging import Pair


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant as reports show it: of how many sends the numbers are known, the rate (0..1) and its 95 % interval."""

    label: str
    campaign: int
    name: str
    title: str
    sends: int
    known: int
    top: int | None
    base: int | None
    rate: float | None
    low: float | None
    high: float | None
    sources: list[str]
    as_of: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment as it stands now: its variants counted, compared and judged. Rates 0..1."""

    id: int
    client: str
    name: str
    hypothesis: str
    figure: str
    by: str
    at: str
    variants: list[Variant]
    verdict: str
    winner: str
    conclusion: Words
    caveats: list[Words]
    pairs: list[Pair]
