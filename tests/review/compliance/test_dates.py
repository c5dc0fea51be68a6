"""Dates in a text, seen from the day it goes out."""

from __future__ import annotations

from datetime import date

import pytest

from saas.channels import Passage
from saas.review.compliance.dates import findings

DAY = date(2026, 11, 22)


def rules(text: str) -> list[tuple[str, str]]:
    return [(f.rule, text[slice(*f.marks[0])].strip()) for f in findings([Passage(text, "a.md", 3)], DAY)]


@pytest.mark.parametrize(
    ("text", "date_"),
    [
        ("活动截止11月1日。", "11月1日"),
        ("报名截止：2026年11月21日", "2026年11月21日"),
        ("优惠至 2026-10-31，先到先得", "2026-10-31"),
        ("11月20日前到店可领", "11月20日"),
        ("活动时间：11月1日—11月15日", "11月15日"),
        ("11 月 3 日截止", "11 月 3 日"),
    ],
)
def test_an_end_that_is_over_is_marked(text: str, date_: str) -> None:
    assert rules(text) == [("date_over", date_)]


@pytest.mark.parametrize(
    "text",
    [
        "活动截止11月30日。", "活动截止1月5日。", "11月1日我们开业了，谢谢大家。", "截至 11 月 1 日，我们送出了三百杯。",
        "今天是 2026年11月22日（周日）",
        "价格 3.5 元，浓度 1.5%，12.5 克粉",
        "报名截止 2027.1.3", "11月22日截止",
    ],
)  # fmt: skip
def test_dates_that_may_stand_pass(text: str) -> None:
    assert rules(text) == []


def test_a_wrong_weekday_and_an_impossible_day_are_told() -> None:
    assert rules("11月23日（周二）开幕") == [("date_weekday", "11月23日（周二")]
    assert rules("2月30日见") == [("date_impossible", "2月30日")]
