"""Which rule answers what somebody says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.channels import Inbound, TargetChanged
from saas.delivery.inbound.policy import KINDS, Rule, heard, in_turn, kind_of, matches


def rule(
    number: int = 1, occasion: str = "message", matching: str = "contains", words: tuple[str, ...] = ("价格",), **more: Any
) -> Rule:
    plain: dict[str, Any] = {"priority": 100, "own": False, "says": {"kind": "text", "text": "x"}}
    return Rule(number, "0" * 64, occasion, matching, words, **{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("matching", "said", "fits"),
    [
        ("exact", "价格", True), ("exact", " 价格 ", True), ("exact", "价格表", False),
        ("starts", "价格表", True), ("starts", "看价格", False),
        ("contains", "看价格表", True), ("contains", "地址", False),
    ],
)  # fmt: skip
def test_words_are_compared_as_the_rule_says(matching: str, said: str, fits: bool) -> None:
    assert matches(rule(matching=matching), said) is fits


def test_width_capitals_and_spaces_make_no_difference() -> None:
    assert matches(rule(matching="exact", words=("VIP 卡",)), "ｖｉｐ　卡")


def test_the_first_rule_is_the_one_of_higher_priority_then_the_accounts_own_then_the_more_exact_then_the_older() -> None:
    rules = [
        rule(1, occasion="fallback", words=(), priority=1000), rule(2), rule(3, matching="exact"), rule(4, matching="exact"),
        rule(5, own=True), rule(6, priority=101),
    ]  # fmt: skip
    assert [one.id for one in in_turn(rules, "text", "价格")] == [6, 5, 3, 4, 2, 1]


def test_who_follows_is_greeted_and_gets_no_other_answer() -> None:
    rules = [rule(1, occasion="follow", words=()), rule(2, occasion="fallback", words=()), rule(3)]
    assert [one.id for one in in_turn(rules, "follow", "")] == [1]
    assert [one.id for one in in_turn(rules, "image", "")] == [2]
    assert [one.id for one in in_turn(rules, "text", "什么")] == [2]
    assert in_turn(rules, "click", "没有这个菜单") == []


def test_the_key_of_a_menu_is_answered_like_a_word() -> None:
    assert [one.id for one in in_turn([rule(words=("MENU_PRICE",), matching="exact")], "click", "MENU_PRICE")] == [1]


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4))
def test_what_is_said_exactly_also_begins_and_holds_itself(said: str, words: list[str]) -> None:
    told = tuple(words)
    if matches(rule(matching="exact", words=told), said):
        assert matches(rule(matching="starts", words=told), said)
    if matches(rule(matching="starts", words=told), said):
        assert matches(rule(matching="contains", words=told), said)


def test_every_event_of_people_has_a_kind_that_the_inbox_knows() -> None:
    told = [kind_of(Inbound("1", "o", name)) for name in ("text", "shortvideo", "scan", "sticker", "follow", "")]
    assert told == ["text", "video", "click", "other", "other", "other"]
    changes = [kind_of(TargetChanged("1", "o", change)) for change in ("joined", "left", "muted", "unmuted")]  # type: ignore[arg-type]
    assert changes == ["follow", "unfollow", "muted", "unmuted"]
    assert {*told, *changes} <= set(KINDS)


def test_who_has_come_can_be_greeted_inside_the_window_the_channel_names() -> None:
    event = heard(TargetChanged("1", "o", "joined", reply_until=99.0, context={"to": "gh"}))
    assert (event.sender, event.kind, event.reply_until, event.context) == ("o", "follow", 99.0, {"to": "gh"})
