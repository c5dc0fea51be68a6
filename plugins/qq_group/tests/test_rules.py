"""Limits by date and setting, findings, and the channel as the registry sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qunfa_qq_group import plugin
from qunfa_qq_group.errors import OFFICIAL, ONEBOT, official_outcome
from qunfa_qq_group.wording import registered
from saas.channels import Account, Link, Message, Picture, Refused, Throttled, Unauthorized, Unknown
from saas.channels.registry import Registry

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
OFFICIAL_ACCOUNT = Account(1, "shop", "qq_group", "official", "示例")
ONEBOT_ACCOUNT = Account(1, "cats", "qq_group", "onebot", "示例")
PICTURE = Picture("p" * 64, "image/png", 8, 8, 72)


def limits(account: Account, now: datetime = NOW):
    return plugin.limits(account, plugin.channel().kind(account.kind).routes[0], now)


def caps(account: Account, now: datetime = NOW):
    return {(cap.scope, cap.window.name): cap.amount for cap in limits(account, now).caps}


def findings(account: Account, message: Message, **settings: object):
    return plugin.check(replace(account, settings=settings), message)


def test_the_registry_takes_the_channel():
    registry = Registry()
    registry.register("qq_group", plugin)
    registry.freeze()
    assert registry.kind("qq_group", "onebot").opt_in
    assert not registry.kind("qq_group", "official").opt_in


def test_an_official_bot_has_its_caps():
    assert caps(OFFICIAL_ACCOUNT) == {("target", "rolling 60 s"): 20, ("target", "day"): 1000, ("account", "rolling 60 s"): 30}
    assert limits(OFFICIAL_ACCOUNT).rate.calls == 100


@pytest.mark.parametrize("word", [True, "yes", "是"])
def test_a_certified_bot_may_send_sixty_a_minute(word):
    assert caps(replace(OFFICIAL_ACCOUNT, settings={"certified": word}))[("account", "rolling 60 s")] == 60


def test_the_rules_of_an_earlier_date_are_those_of_that_date():
    assert caps(OFFICIAL_ACCOUNT, datetime(2025, 4, 1, tzinfo=UTC)) == {("target", "month"): 4}
    assert caps(OFFICIAL_ACCOUNT, datetime(2025, 12, 1, tzinfo=UTC)) == {("target", "month"): 0}


@pytest.mark.parametrize("account", [OFFICIAL_ACCOUNT, ONEBOT_ACCOUNT])
def test_the_stricter_recall_window_wins(account):
    assert limits(account).recall_seconds == 120


def test_an_override_with_a_reason_replaces_a_rule_by_name():
    told = replace(OFFICIAL_ACCOUNT, settings={"overrides": {"group_per_day": {"value": 50, "reason": "客户要求"}}})
    assert caps(told)[("target", "day")] == 50


@pytest.mark.parametrize(("pace", "seconds"), [("5", 5), ("12.5", 12.5), ("fast", 5), ("-1", 5), ("0", 0.05), ("nan", 5)])
def test_onebot_goes_at_the_pace_of_the_account_one_at_a_time(pace, seconds):
    rate = limits(replace(ONEBOT_ACCOUNT, settings={"pace_seconds": pace})).rate
    assert (rate.calls, rate.seconds, rate.concurrency) == (1, seconds, 1)


def test_a_domain_that_only_ends_alike_is_not_registered():
    assert registered("https://shop.example.com/a", ["example.com"])
    assert not registered("https://evilexample.com/a", ["example.com"])


def test_each_domain_is_noted_once_where_no_list_of_domains_is_kept():
    message = Message(
        "link", text="看 https://www.example.com/b。再看 https://a.example.net", link=Link("新品", "https://www.example.com/a")
    )
    found = findings(OFFICIAL_ACCOUNT, message)
    assert sorted((f.severity, f.where) for f in found) == [("note", "link.url"), ("note", "text")]
    assert findings(OFFICIAL_ACCOUNT, message, allowed_domains=["example.com"]) == []


def test_an_official_message_carries_one_picture_and_onebot_more():
    assert limits(OFFICIAL_ACCOUNT).content_rule("images") == 1
    assert limits(ONEBOT_ACCOUNT).content_rule("images") == 9


def test_a_gif_is_a_warning_for_the_official_bot():
    message = Message("image", images=(replace(PICTURE, mime="image/gif"),))
    assert [f.severity for f in findings(OFFICIAL_ACCOUNT, message)] == ["warn"]


def test_onebot_says_its_risk_at_every_check():
    [risk] = findings(ONEBOT_ACCOUNT, Message("text", text="hi"))
    assert "停发" in risk.message[0]
    assert "1200" in risk.message[1]


def test_every_code_speaks_both_languages():
    known = [*OFFICIAL.values(), *(rule.known for rules in ONEBOT.values() for rule in rules)]
    assert all(k.zh and k.en.isascii() for k in known)


def test_every_server_profile_has_an_answer_for_any_failure():
    assert all(rules[-1].fits(424242, "anything") for rules in ONEBOT.values())


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (404, Refused), (401, Unauthorized), (429, Throttled), (500, Unknown), (504, Unknown)]
)
def test_an_answer_without_a_known_code_is_judged_by_its_status(status, kind):
    assert type(official_outcome(status, "123456", "?", NOW, "Asia/Shanghai")) is kind
