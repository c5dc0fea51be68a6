"""The three rates of the brief. A rate of an unknown or empty base is not given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from saas.reports.report import Figure
from saas.reports.states import Numbers


def rates_of(numbers: Numbers, figures: Mapping[str, Figure], counted_by: str, now: datetime) -> dict[str, Figure]:
    """delivery = received / intended; open = opened / received; share = shared / opened. Values 0..1.

    ``counted_by`` is where the number of receivers comes from. A send that is over and reached nobody has a delivery rate: 0.
    """
    rates: dict[str, Figure] = {}
    over = not numbers.in_progress and not numbers.awaiting
    if numbers.intended and (numbers.delivered or over):
        rates["delivery"] = Figure(round(numbers.delivered / numbers.intended, 6), counted_by, now.isoformat())
    opened, shared = figures.get("opened"), figures.get("shared")
    if opened and numbers.delivered:
        rates["open"] = Figure(round(opened.value / numbers.delivered, 6), opened.source, opened.as_of)
    if opened and shared and opened.value:
        rates["share"] = Figure(round(shared.value / opened.value, 6), shared.source, shared.as_of)
    return rates
