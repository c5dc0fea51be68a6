"""The dated caps, the account's own choices, and what the check finds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from qunfa_wecom import plugin
from saas.channels import Account, Article, Link, Message, Picture, Route, Template
from saas.channels.registry import Registry

JPG = Picture("a", "image/jpeg", 1, 1, 9)
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def account(kind: str, **settings: Any) -> Account:
    return Account(1, "shop", "wecom", kind, "山岚", {}, settings)


def route(kind: str) -> Route:
    found = plugin.channel().kind(kind)
    assert found
    return found.routes[0]


def caps(kind: str, now: datetime = NOW, **settings: Any) -> set[tuple[str, str, int]]:
    return {(c.window.name, c.scope, c.amount) for c in plugin.limits(account(kind, **settings), route(kind), now).caps}


def test_the_channel_is_taken_by_the_registry() -> None:
    registry = Registry()
    registry.register("wecom", plugin)
    registry.freeze()
    installed = registry.get("wecom")
    assert installed and {kind.name for kind in installed.channel.kinds} == {
        "customer",
        "groups",
        "app",
        "moments",
        "robot",
        "appchat",
    }


@pytest.mark.parametrize(
    ("now", "choice", "expected"),
    [
        (datetime(2021, 5, 1, tzinfo=UTC), "days", {("month", "target", 4)}),
        (datetime(2024, 5, 1, tzinfo=UTC), "days", {("day", "target", 1)}),
        (datetime(2026, 11, 22, tzinfo=UTC), "days", {("month", "target", 30)}),
        (datetime(2027, 2, 1, tzinfo=UTC), "days", {("month", "target", 28)}),
        (datetime(2027, 1, 31, 16, tzinfo=UTC), "", {("month", "target", 28)}),
        (NOW, "week", {("week", "target", 7)}),
        (NOW, "day", {("day", "target", 1)}),
        (NOW, "four", {("month", "target", 4)}),
        (NOW, "whatever", {("month", "target", 30), ("week", "target", 7), ("day", "target", 1), ("month", "target", 4)}),
    ],
)
def test_the_cap_per_customer_follows_the_date_and_the_corps_choice(now: datetime, choice: str, expected: Any) -> None:
    assert caps("customer", now, customer_cap=choice) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("", ("month", "target", 30)),
        ("week", ("week", "target", 7)),
        ("day", ("day", "target", 1)),
        ("four", ("month", "target", 4)),
    ],
)
def test_groups_are_capped_as_customers_are(choice: str, expected: Any) -> None:
    assert caps("groups", customer_cap=choice) == {expected}
    assert caps("groups", datetime(2024, 5, 1, tzinfo=UTC)) == {("day", "target", 1)}


def test_an_override_with_a_reason_replaces_the_days_of_the_month() -> None:
    overrides = {"customer_cap_days": {"value": 3, "reason": "客户要求"}}
    assert caps("customer", overrides=overrides) == {("month", "target", 3)}


def test_an_apps_daily_person_times_need_the_number_of_accounts() -> None:
    per_member = {("rolling 60 s", "target", 30), ("rolling 1 h", "target", 1000)}
    assert caps("app") == per_member
    assert caps("app", accounts="many") == per_member | {("day", "account", 200)}
    assert caps("app", accounts="38") == per_member | {("day", "account", 7_600)}


def test_a_robot_has_twenty_a_minute_and_moments_ten() -> None:
    assert caps("robot") == {("rolling 60 s", "account", 20)}
    assert plugin.limits(account("moments"), route("moments"), NOW).rate.calls == 10


def test_only_app_messages_can_be_recalled() -> None:
    windows = {kind: plugin.limits(account(kind), route(kind), NOW).recall_seconds for kind in ("app", "customer", "robot")}
    assert windows == {"app": 86_400, "customer": 0, "robot": None}


def found(kind: str, message: Message) -> set[tuple[str, str]]:
    who = account(kind)
    return {(f.rule, f.severity) for f in plugin.check(who, message, plugin.limits(who, route(kind), NOW))}


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("customer", Message("text"), {("wecom.empty", "block")}),
        ("groups", Message("text"), {("wecom.empty", "block")}),
        ("app", Message("link", text="又", link=Link("题", "https://a.example", "述")), {("wecom.text_left_out", "note")}),
        ("robot", Message("link", text="又", link=Link("题", "https://a.example")), set()),
        ("app", Message("articles", articles=(Article("题", "<p>"),)), {("wecom.article_address", "block")}),
        ("app", Message("articles", articles=(Article("题", "<p>", source_url="https://a.example"),)), set()),
        ("app", Message("image", images=(Picture("a", "image/gif", 1, 1, 9),)), {("wecom.picture_kind", "block")}),
        ("customer", Message("miniprogram", template=Template("wx1", {"title": "约"}, "p"), images=(JPG,)), set()),
        ("customer", Message("miniprogram", template=Template("wx1", {}, "p"), images=(JPG,)), {("wecom.miniprogram", "block")}),
        (
            "customer",
            Message("miniprogram", template=Template("wx1", {"title": "字" * 22}, "p"), images=(JPG,)),
            {("wecom.miniprogram_title_bytes", "block")},
        ),
    ],
)
def test_what_is_missing_or_left_out_is_found(kind: str, message: Message, expected: Any) -> None:
    assert found(kind, message) == expected


@pytest.mark.parametrize(
    ("kind", "rule", "amount"),
    [
        ("customer", "text_bytes", 4_000),
        ("customer", "link_title_bytes", 128),
        ("customer", "images", 9),
        ("groups", "text_bytes", 4_000),
        ("groups", "link_title_bytes", 128),
        ("moments", "text_chars", 2_000),
        ("moments", "link_title_bytes", 64),
        ("app", "text_bytes", 2_048),
        ("app", "articles", 8),
        ("app", "article_bytes", 666 * 1_024),
        ("app", "title_bytes", None),
        ("robot", "text_bytes", 2_048),
        ("robot", "picture_bytes", 2 * 1_024 * 1_024),
    ],
)
def test_content_is_limited_by_the_pack(kind: str, rule: str, amount: int | None) -> None:
    assert plugin.limits(account(kind), route(kind), NOW).content_rule(rule) == amount
