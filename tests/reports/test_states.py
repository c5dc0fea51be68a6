"""In what state a dispatch and a campaign are, by their numbers alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from saas.reports.rates import rates_of
from saas.reports.report import Figure
from saas.reports.states import Numbers, campaign_state, dispatch_state

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
NONE = Numbers("released", 100, 0, 0, 0, 0, 0, 0, 0, 1, "", None, NOW)
CLOSED = replace(NONE, open_rows=0)


@pytest.mark.parametrize(
    ("numbers", "state"),
    [
        (replace(NONE, campaign="awaiting_approval"), "planned"),
        (replace(NONE, campaign="approved"), "planned"),
        (NONE, "sending"),
        (replace(NONE, due_at=NOW + timedelta(hours=1)), "waiting"),
        (replace(NONE, waits_until=NOW + timedelta(hours=1)), "waiting"),
        (replace(NONE, waits_until=NOW + timedelta(hours=1), accepted=10), "sending"),
        (replace(CLOSED, accepted=100), "accepted"),
        (replace(CLOSED, accepted=100, delivered=100), "sent"),
        (replace(CLOSED, accepted=100, delivered=97, skipped=3), "sent"),
        (replace(CLOSED, delivered=97, failed=3), "partly_sent"),
        (replace(CLOSED, failed=100), "failed"),
        (replace(CLOSED, unknown=100), "unknown"),
        (replace(CLOSED, delivered=50, unknown=50), "partly_sent"),
        (replace(CLOSED, delivered=50, awaiting=50), "awaiting"),
        (replace(CLOSED, delivered=100, recalled=100), "recalled"),
        (replace(CLOSED, skipped=100, code="exhausted"), "exhausted"),
        (replace(CLOSED, skipped=100, code="missed"), "missed"),
        (replace(CLOSED, skipped=100, code="ip_not_listed"), "unauthorized"),
        (replace(CLOSED, skipped=100, code="no_audience"), "skipped"),
        (replace(CLOSED, delivered=60, skipped=40, code="missed"), "partly_sent"),
    ],
)
def test_a_dispatch_stands_where_its_numbers_say(numbers: Numbers, state: str) -> None:
    assert dispatch_state(numbers, NOW) == state


def test_every_number_of_people_is_in_exactly_one_place() -> None:
    numbers = replace(NONE, delivered=10, failed=20, skipped=5, unknown=1, awaiting=4)
    assert numbers.in_progress == 60


@pytest.mark.parametrize(
    ("stored", "states", "due", "state"),
    [
        ("awaiting_approval", ["planned"], NOW, "awaiting_approval"),
        ("released", ["sent", "sent"], NOW, "done"),
        ("released", ["sent", "accepted"], NOW, "sending"),
        ("released", ["waiting", "waiting"], NOW + timedelta(hours=1), "scheduled"),
        ("released", ["sent", "awaiting"], NOW, "waiting"),
        ("released", ["sent", "failed"], NOW, "incomplete"),
        ("cancelled", ["cancelled"], NOW, "cancelled"),
    ],
)
def test_a_campaign_is_what_its_accounts_make_of_it(stored: str, states: list[str], due: datetime, state: str) -> None:
    assert campaign_state(stored, states, due, NOW) == state


def test_rates_carry_their_source_and_none_stands_on_an_empty_base() -> None:
    figures = {"opened": Figure(20, "statistics", "t"), "shared": Figure(5, "statistics", "t")}
    rates = rates_of(replace(CLOSED, delivered=80), figures, "callback", NOW)
    assert (rates["delivery"].value, rates["open"].value, rates["share"].value) == (0.8, 0.25, 0.25)
    assert (rates["delivery"].source, rates["open"].source) == ("callback", "statistics")
    assert rates_of(replace(CLOSED, skipped=100), figures, "callback", NOW).keys() == {"share"}
    assert rates_of(replace(CLOSED, delivered=80), {}, "callback", NOW).keys() == {"delivery"}
