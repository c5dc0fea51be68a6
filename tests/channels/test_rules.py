"""Rule packs: dated, overridden with a reason, counted in the platform's own calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.channels import RulePack, Window

PACK = """
[[rule]]
name = "day"
type = "cap"
kinds = ["sub"]
routes = ["mass"]
window = "day"
amount = 1
source = "s"
grade = "A"
until = 2026-05-01
[[rule]]
name = "day"
type = "cap"
kinds = ["sub"]
window = "day"
amount = 3
source = "s"
grade = "A"
from = 2026-05-01
[[rule]]
name = "pace"
type = "rate"
kinds = ["sub"]
amount = 10
seconds = 1.0
source = "s"
grade = "A"
[[rule]]
name = "slow"
type = "rate"
kinds = ["sub"]
amount = 30
seconds = 60.0
concurrency = 2
source = "s"
grade = "B"
[[rule]]
name = "title_chars"
type = "content"
kinds = ["sub"]
amount = 64
source = "s"
grade = "A"
[[rule]]
name = "title_chars"
type = "content"
kinds = ["sub"]
amount = 32
severity = "warn"
source = "s"
grade = "A"
[[rule]]
name = "recall_text"
type = "window"
kinds = ["sub"]
amount = 120
source = "s"
grade = "A"
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def pack(tmp_path: Path) -> RulePack:
    (tmp_path / "rules.toml").write_text(PACK, encoding="utf-8")
    return RulePack.load(tmp_path / "rules.toml")


def amounts(pack: RulePack, when: datetime, route: str = "mass", **overrides: object) -> list[int]:
    return [cap.amount for cap in pack.limits("sub", route, when, "Asia/Shanghai", overrides).caps]


def test_a_rule_changes_on_its_day_in_the_platforms_zone(pack: RulePack) -> None:
    change = datetime(2026, 5, 1, tzinfo=SHANGHAI)
    assert amounts(pack, change - timedelta(seconds=1)) == [1]
    assert amounts(pack, change) == [3]
    assert amounts(pack, datetime(2026, 4, 30, 16, 0, tzinfo=UTC)) == [3]


def test_a_rule_binds_its_kinds_and_routes_only(pack: RulePack) -> None:
    when = datetime(2026, 3, 1, tzinfo=UTC)
    assert amounts(pack, when, "other") == []
    assert pack.at(when.date(), "service") == []


def test_an_account_may_override_a_rule_with_a_reason(pack: RulePack) -> None:
    when = datetime(2026, 3, 1, tzinfo=UTC)
    limits = pack.limits("sub", "mass", when, "Asia/Shanghai", {"day": {"value": 8, "reason": "white list"}})
    assert [(cap.amount, cap.source) for cap in limits.caps] == [(8, "override: white list")]


def test_the_strictest_pace_and_content_rule_count(pack: RulePack) -> None:
    limits = pack.limits("sub", "mass", datetime(2026, 3, 1, tzinfo=UTC), "Asia/Shanghai")
    assert (limits.rate.calls, limits.rate.seconds, limits.rate.concurrency) == (30, 60.0, 2)
    assert (limits.content_rule("title_chars"), limits.content_rule("nothing"), limits.recall_seconds) == (64, None, 120)


@pytest.mark.parametrize(("line", "words"), [
    ('source = "s"', "'source' is missing"), ('grade = "A"', "'grade' is missing"), ('window = "day"', "window must be one of"),
    ('type = "cap"', "'type' is missing"), ("amount = 1", "'amount' is missing"),
])  # fmt: skip
def test_a_pack_with_a_fault_names_rule_and_fault(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "bad.toml").write_text(PACK.replace(line + "\n", "", 1), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        RulePack.load(tmp_path / "bad.toml")


def test_midnight_in_shanghai_is_four_in_the_afternoon_in_utc() -> None:
    midnight = datetime(2026, 3, 20, 16, 0, tzinfo=UTC)
    before, after = (Window("day").bounds(midnight + timedelta(microseconds=d), "Asia/Shanghai") for d in (-1, 0))
    assert before == (midnight - timedelta(days=1), midnight)
    assert after == (midnight, midnight + timedelta(days=1))


def test_leap_days_and_turns_of_the_year_are_in_the_right_month() -> None:
    start, end = Window("month").bounds(datetime(2028, 2, 29, 12, tzinfo=UTC), "UTC")
    assert (start, end) == (datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))
    start, end = Window("month").bounds(datetime(2026, 12, 31, 20, tzinfo=UTC), "Asia/Shanghai")
    assert (start, end) == (datetime(2026, 12, 31, 16, tzinfo=UTC), datetime(2027, 1, 31, 16, tzinfo=UTC))
    start, _ = Window("week").bounds(datetime(2027, 1, 1, tzinfo=UTC), "UTC")
    assert start == datetime(2026, 12, 28, tzinfo=UTC)


def test_check_14_a_day_of_23_or_25_hours_is_one_day() -> None:
    for day, hours in (((2026, 3, 8), 23), ((2026, 11, 1), 25)):
        noon = datetime(*day, 12, tzinfo=ZoneInfo("America/New_York"))
        start, end = Window("day").bounds(noon, "America/New_York")
        assert end - start == timedelta(hours=hours)


@given(
    st.integers(1_577_836_800, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(["minute", "hour", "day", "week", "month"]),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
)
def test_check_14_windows_hold_their_moment_and_follow_each_other_without_a_gap(now: datetime, name: str, zone: str) -> None:
    window = Window(name)
    start, end = window.bounds(now, zone)
    assert start <= now < end
    if name in ("day", "week", "month"):
        assert window.bounds(end, zone)[0] == end
        assert window.bounds(start, zone) == (start, end)
