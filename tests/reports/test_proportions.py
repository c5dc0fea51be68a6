"""The test of two shares against worked examples of the literature, and what is concluded from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from saas.reports.experiments.judging import Counted, judge
from saas.reports.experiments.proportions import Share, compared, holm, smallest_seen, wilson

THEN = datetime(2026, 8, 1, 12, tzinfo=UTC)
LATER = THEN + timedelta(days=9)


def test_newcombes_interval_is_that_of_his_paper() -> None:
    found = compared(Share(56, 70), Share(48, 80))  # Newcombe 1998, table II, column (a), method 10
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_wilsons_interval_is_that_of_the_literature() -> None:
    assert tuple(round(value, 4) for value in wilson(Share(81, 263))) == (0.2553, 0.3662)  # Newcombe 1998, single proportion


def test_the_tea_of_fishers_lady_is_judged_as_he_did() -> None:
    found = compared(Share(3, 4), Share(1, 4))
    assert found.test == "fisher" and found.p == pytest.approx(34 / 70)


def test_many_people_are_compared_by_z() -> None:
    found = compared(Share(120, 1000), Share(90, 1000))
    assert found.test == "z" and found.p == pytest.approx(0.02865, abs=1e-5)


def test_several_comparisons_are_each_made_rarer() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_fewer_people_show_only_larger_differences() -> None:
    assert smallest_seen(Share(50, 500), Share(50, 500)) > smallest_seen(Share(5000, 50_000), Share(5000, 50_000))


def variant(label: str, top: int | None, base: int | None, **other: object) -> Counted:
    moments = frozenset({THEN})
    made = Counted(label, 1, 1, True, top, base, THEN + timedelta(hours=72), frozenset({label}), moments, 1)
    return replace(made, **other)  # type: ignore[arg-type]


def test_a_clear_difference_names_its_winner_and_what_it_rests_on() -> None:
    found = judge("open", [variant("A", 900, 10_000), variant("B", 1200, 10_000)], THEN, LATER)
    assert (found.verdict, found.winner) == ("winner", "B")
    assert "B 比 A 高 3.0 个百分点" in found.said[0] and "95% 区间" in found.said[0] and "p < 0.001" in found.said[0]


@pytest.mark.parametrize(
    ("variants", "now", "verdict"),
    [
        ([variant("A", None, 500), variant("B", 400, 500)], LATER, "unknown"),
        ([variant("A", 1, 0), variant("B", 400, 500)], LATER, "unknown"),
        ([variant("A", 5, 500, is_out=False), variant("B", 400, 500)], LATER, "not_out"),
        ([variant("A", 5, 500), variant("B", 400, 500)], THEN + timedelta(hours=71), "early"),
        ([variant("A", 5, 99), variant("B", 400, 500)], LATER, "few"),
        ([variant("A", 501, 500), variant("B", 400, 500)], LATER, "no_share"),
        ([variant("A", 50, 500), variant("B", 55, 500)], LATER, "same"),
        ([variant("A", 10, 1000), variant("B", 200, 1000), variant("C", 205, 1000)], LATER, "unclear"),
    ],
)
def test_nothing_is_called_a_winner_that_is_not_one(variants: list[Counted], now: datetime, verdict: str) -> None:
    found = judge("open", variants, THEN, now)
    assert found.verdict == verdict
    assert found.winner == "" and all(found.said)


def test_people_who_share_several_articles_are_no_share_of_people() -> None:
    both = [variant("A", 50, 500, most_articles=3), variant("B", 80, 500)]
    assert judge("share", both, THEN, LATER).verdict == "no_share"
    assert judge("open", both, THEN, LATER).verdict == "winner"


def test_what_else_may_explain_a_difference_is_said() -> None:
    other_time = variant("B", 80, 500, moments=frozenset({THEN + timedelta(hours=5)}), accounts=frozenset({"A"}))
    said = " ".join(zh for zh, _ in judge("open", [variant("A", 50, 500), other_time], LATER, LATER).caveats)
    for words in ("相同的账号", "时间不同", "发出以后才设为对比", "不是由系统随机分配"):
        assert words in said
    assert "不同的账号" not in said


def test_the_design_of_the_split_stands_first_whatever_the_verdict_and_nobody_is_called_drawn() -> None:
    for now in (THEN, LATER):
        zh, en = judge("open", [variant("A", 900, 10_000), variant("B", 1200, 10_000)], THEN, now).caveats[0]
        assert "分组由人选定" in zh and "不能只凭它说差别是内容造成的" in zh and "drew nobody by lot" in en


def test_a_difference_is_stated_with_its_interval_once_both_are_ripe_and_not_before() -> None:
    near = [variant("A", 50, 500), variant("B", 55, 500)]
    ripe, early = (judge("open", near, THEN, now) for now in (LATER, THEN + timedelta(hours=71)))
    assert "B 比 A 高 1.0 个百分点（95% 区间 -2.8 至 4.8，p = 0.606）" in ripe.said[0] and len(ripe.pairs) == 1
    assert early.pairs == () and "区间 " not in early.said[0] and "interval" not in early.said[1]
