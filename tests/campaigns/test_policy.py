"""When a campaign goes out, and what its hash covers."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from saas.campaigns.policy import campaign_digest, next_best_slot

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ((22, 6, 0), (22, 7, 0)),
        ((22, 7, 30), (22, 7, 30)),
        ((22, 8, 50), (22, 19, 0)),
        ((22, 12, 0), (22, 19, 0)),
        ((22, 21, 44), (22, 21, 44)),
        ((22, 21, 50), (23, 7, 0)),
        ((30, 23, 59), (1, 7, 0)),
    ],
)
def test_the_best_slot_is_now_or_the_next_one(now: tuple[int, int, int], slot: tuple[int, int, int]) -> None:
    month = 12 if slot[0] < now[0] else 11
    asked = datetime(2026, 11, *now, tzinfo=SHANGHAI).astimezone(UTC)
    assert next_best_slot(asked, "Asia/Shanghai") == datetime(2026, month, *slot, tzinfo=SHANGHAI)


def test_every_part_of_the_plan_is_in_the_hash() -> None:
    account = {"route": "mass", "message": "m", "audience": "a", "people": 3}
    plans = [
        campaign_digest("n", "articles", True, "now", 60, {"one": account}),
        campaign_digest("other", "articles", True, "now", 60, {"one": account}),
        campaign_digest("n", "text", True, "now", 60, {"one": account}),
        campaign_digest("n", "articles", False, "now", 60, {"one": account}),
        campaign_digest("n", "articles", True, "best", 60, {"one": account}),
        campaign_digest("n", "articles", True, "now", 61, {"one": account}),
        campaign_digest("n", "articles", True, "now", 60, {"two": account}),
        *(campaign_digest("n", "articles", True, "now", 60, {"one": {**account, key: "x"}}) for key in account),
    ]
    assert len(set(plans)) == len(plans)
