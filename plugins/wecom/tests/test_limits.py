"""The dated caps, the account's own choices, and findings counted in bytes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qunfa_wecom import plugin
from saas.channels import Account, Article, Link, Message, Picture
from saas.channels.registry import Registry

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def account(kind, **settings):
    return Account(1, "shop", "wecom", kind, "山岚", {}, settings)


def route(kind):
    return plugin.channel().kind(kind).routes[0]


def caps(kind, now=NOW, **settings):
    return {(c.window.name, c.scope, c.amount) for c in plugin.limits(account(kind, **settings), route(kind), now).caps}


def test_the_channel_is_taken_by_the_registry():
    registry = Registry()
    registry.register("wecom", plugin)
    registry.freeze()
    assert {kind.name for kind in registry.get("wecom").channel.kinds} == {"customer", "app", "moments", "robot"}


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
    ],
)
def test_the_cap_per_customer_follows_the_date_and_the_corps_choice(now, choice, expected):
    assert caps("customer", now, customer_cap=choice) == expected


def test_an_override_with_a_reason_replaces_the_days_of_the_month():
    overrides = {"customer_cap_days": {"value": 3, "reason": "客户要求"}}
    assert caps("customer", overrides=overrides) == {("month", "target", 3)}


def test_an_apps_daily_person_times_need_the_number_of_accounts():
    per_member = {("minute", "target", 30), ("hour", "target", 1000)}
    assert caps("app") == per_member
    assert caps("app", accounts="38") == per_member | {("day", "account", 7_600)}


def test_a_robot_has_twenty_a_minute_and_moments_ten():
    assert caps("robot") == {("minute", "account", 20)}
    assert plugin.limits(account("moments"), route("moments"), NOW).rate.calls == 10


def test_only_app_messages_can_be_recalled():
    windows = {kind: plugin.limits(account(kind), route(kind), NOW).recall_seconds for kind in ("app", "customer", "robot")}
    assert windows == {"app": 86_400, "customer": 0, "robot": None}


def found(kind, message):
    who = account(kind)
    return {(f.rule, f.severity) for f in plugin.check(who, message, plugin.limits(who, route(kind), NOW))}


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("customer", Message("text", text="字" * 1_333), set()),
        ("customer", Message("text", text="字" * 1_334), {("wecom.text_bytes", "block")}),
        ("app", Message("text", text="字" * 683), {("wecom.text_bytes", "block")}),
        ("customer", Message("text"), {("wecom.empty", "block")}),
        ("moments", Message("link", link=Link("字" * 22, "https://a.example")), {("wecom.link_title_bytes", "block")}),
        ("customer", Message("link", link=Link("字" * 22, "https://a.example")), set()),
        ("app", Message("link", text="又", link=Link("题", "https://a.example", "述")), {("wecom.text_left_out", "note")}),
        ("robot", Message("link", text="又", link=Link("题", "https://a.example")), set()),
        ("app", Message("articles", articles=(Article("题", "<p>"),)), {("wecom.article_address", "block")}),
        ("app", Message("articles", articles=(Article("题", "<p>", source_url="https://a.example"),)), set()),
        ("app", Message("image", images=(Picture("a", "image/png", 1, 1, 9),) * 2), {("wecom.images", "block")}),
    ],
)
def test_what_is_too_long_or_left_out_is_found(kind, message, expected):
    assert found(kind, message) == expected


def test_a_stricter_override_also_binds_content():
    who = replace(account("customer"), settings={"overrides": {"text_bytes": {"value": 3, "reason": "测试"}}})
    limits = plugin.limits(who, route("customer"), NOW)
    assert plugin.check(who, Message("text", text="两字"), limits)[0].remedy[1] == "Shorten it by 3 bytes"
