"""One word for where a dispatch and a campaign stand, and rates only where their base is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.reports.rates import rates_of
from saas.reports.states import FINAL, Numbers, campaign_state, dispatch_state

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
NONE = Numbers("released", 10, 0, 0, 0, 0, 0, 0, 0, 0, "", None, NOW)


@pytest.mark.parametrize(("changes", "state"), [
    ({"campaign": "approved", "open_rows": 1}, "planned"),
    ({"open_rows": 1}, "sending"),
    ({"open_rows": 1, "waits_until": NOW + timedelta(hours=1)}, "waiting"),
    ({"open_rows": 1, "due_at": NOW + timedelta(hours=1)}, "waiting"),
    ({"accepted": 10}, "accepted"),
    ({"accepted": 10, "awaiting": 10}, "awaiting"),
    ({"delivered": 10}, "sent"),
    ({"delivered": 9, "skipped": 1}, "sent"),
    ({"delivered": 9, "failed": 1}, "partly_sent"),
    ({"delivered": 9, "unknown": 1}, "partly_sent"),
    ({"failed": 10}, "failed"),
    ({"unknown": 10}, "unknown"),
    ({"skipped": 10, "code": "exhausted"}, "exhausted"),
    ({"skipped": 10, "code": "missed"}, "missed"),
    ({"skipped": 10, "code": "cancelled", "campaign": "cancelled"}, "cancelled"),
    ({"skipped": 10, "code": "ip_not_listed"}, "unauthorized"),
    ({"delivered": 10, "recalled": 10}, "recalled"),
    ({"delivered": 7, "failed": 3, "recalled": 7}, "partly_sent"),
    ({"delivered": 10, "recalled": 4}, "sent"),
])  # fmt: skip
def test_numbers_become_one_word(changes: dict[str, object], state: str) -> None:
    assert dispatch_state(replace(NONE, **changes), NOW) == state  # type: ignore[arg-type]


def test_a_campaign_cancelled_after_all_was_out_is_not_called_cancelled() -> None:
    assert campaign_state("cancelled", ["sent", "recalled"], NOW, NOW) == "done"
    for states in ([], ["sent", "cancelled"], ["sent", "sending"], ["cancelled"]):
        assert campaign_state("cancelled", states, NOW, NOW) == "cancelled"


@given(st.lists(st.sampled_from(sorted(FINAL | {"sending", "accepted", "waiting", "awaiting"})), min_size=1))
def test_a_campaign_is_done_only_when_everything_went_out(states: list[str]) -> None:
    word = campaign_state("released", states, NOW, NOW)
    assert (word == "done") == (set(states) <= {"sent", "recalled"})
    assert word == "sending" if {"sending", "accepted"} & set(states) else word in ("waiting", "done", "incomplete")


@pytest.mark.parametrize(("changes", "delivery"), [
    ({"failed": 10}, 0), ({"skipped": 10, "code": "missed"}, 0), ({"delivered": 9, "failed": 1}, 0.9), ({"delivered": 4}, 0.4),
    ({}, None), ({"accepted": 10}, None), ({"failed": 3}, None), ({"awaiting": 10}, None), ({"intended": 0}, None),
])  # fmt: skip
def test_a_send_that_is_over_and_reached_nobody_has_a_delivery_rate_of_nought(
    changes: dict[str, object], delivery: float | None
) -> None:
    told = rates_of(replace(NONE, **changes), {}, "answer", NOW)  # type: ignore[arg-type]
    assert (told["delivery"].value if "delivery" in told else None) == delivery
