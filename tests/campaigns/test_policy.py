"""When a campaign goes out, and what its approval signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.campaigns.policy import SLOTS, campaign_digest, content_hash, next_best_slot

SHANGHAI = "Asia/Shanghai"


@pytest.mark.parametrize(("now", "slot"), [
    ("03:00", "07:00"), ("07:00", "07:00"), ("08:44", "08:44"), ("08:50", "19:00"), ("21:50", "07:00"), ("20:00", "20:00"),
])  # fmt: skip
def test_the_next_good_slot_is_open_long_enough(now: str, slot: str) -> None:
    moment = datetime.fromisoformat(f"2026-03-20T{now}").replace(tzinfo=ZoneInfo(SHANGHAI))
    assert next_best_slot(moment, SHANGHAI).astimezone(ZoneInfo(SHANGHAI)).strftime("%H:%M") == slot


@given(
    st.integers(1_600_000_000, 2_000_000_000),
    st.sampled_from([SHANGHAI, "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_check_14_a_slot_is_never_in_the_past_never_at_night_and_never_far(seconds: int, zone: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    slot = next_best_slot(now, zone)
    assert now <= slot <= now + timedelta(hours=13)
    assert any(first <= slot.astimezone(ZoneInfo(zone)).hour < last for first, last in SLOTS)


ACCOUNT = {"route": "mass", "message": "m", "audience": "a", "people": 3}
SIGNED: dict[str, Any] = {
    "name": "n",
    "kind": "text",
    "marketing": True,
    "schedule": "now",
    "lateness": 7200,
    "accounts": {"k": ACCOUNT},
    "options": {},
}


@pytest.mark.parametrize("change", [
    {"name": "o"}, {"kind": "link"}, {"marketing": False}, {"schedule": "best"}, {"lateness": 60}, {"accounts": {}},
    *({"accounts": {"k": {**ACCOUNT, name: "x"}}} for name in ACCOUNT), {"accounts": {"k": ACCOUNT, "l": ACCOUNT}},
    {"options": {"remind_after": "2h"}},
])  # fmt: skip
def test_check_15_whatever_changes_of_content_audience_time_or_plan_changes_what_is_signed(change: dict[str, Any]) -> None:
    assert campaign_digest(**SIGNED) != campaign_digest(**{**SIGNED, **change})


def test_the_same_is_signed_the_same() -> None:
    assert content_hash({"a": 1, "b": "字"}) == content_hash({"b": "字", "a": 1})
    assert len(campaign_digest(**SIGNED)) == 64
