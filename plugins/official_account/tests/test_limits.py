"""The rule pack, the channel's description, and the channel's own findings."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qunfa_official_account import plugin
from qunfa_official_account.errors import JOB_FAULTS, MEANINGS
from qunfa_official_account.limits import pack
from qunfa_official_account.outcomes import Refusal, outcome
from saas.channels import Account, Article, Exhausted, Limits, Link, Message, Outcome, Picture, Template, Unauthorized
from saas.channels.registry import Registry

NOW = datetime(2026, 4, 15, 4, 0, tzinfo=UTC)
KINDS = {kind.name: kind for kind in plugin.channel().kinds}
COVER = Picture("a" * 64, "image/jpeg", 900, 500, 1000)
GOOD = Article("标题", "<p>正文</p>", cover=COVER)


def account(kind="service", **settings):
    return Account(1, "a", "official_account", kind, "A", {}, settings)


def limits(kind, route, **settings):
    wanted = next(r for r in KINDS[kind].routes if r.name == route)
    return plugin.limits(account(kind, **settings), wanted, NOW)


def rules(message, **settings):
    return {finding.rule: finding.severity for finding in plugin.check(account(**settings), message, Limits())}


def test_the_registry_takes_the_channel():
    registry = Registry()
    registry.register("official_account", plugin, "qunfa-official-account")
    registry.freeze()
    assert [kind.name for kind in registry.get("official_account").channel.kinds] == ["subscription", "service"]


def test_a_subscription_account_has_one_send_a_day_and_a_service_account_four_a_month():
    day = {cap.name: (cap.window.name, cap.amount) for cap in limits("subscription", "mass").caps}
    month = {cap.name: (cap.window.name, cap.amount) for cap in limits("service", "mass").caps}
    assert day == {"mass_day": ("day", 1), "mass_calls_day": ("day", 100)}
    assert month == {"mass_month": ("month", 4), "mass_calls_day": ("day", 100)}


def test_lists_are_bound_by_calls_and_templates_by_a_hundred_thousand():
    assert [cap.name for cap in limits("service", "mass_list").caps] == ["mass_calls_day"]
    bound = limits("service", "template")
    assert [(cap.name, cap.amount) for cap in bound.caps] == [("template_day", 100_000)]
    assert bound.rate.concurrency == 256 and bound.recall_seconds is None


def test_the_pace_of_mass_sends_is_sixty_a_minute():
    rate = limits("service", "mass").rate
    assert (rate.calls, rate.seconds) == (60, 60)


def test_content_is_bound_by_the_stricter_rule_and_warned_of_the_newest_page():
    bound = limits("subscription", "mass")
    wanted = {"articles": 8, "title_chars": 64, "author_chars": 16, "digest_chars": 128, "body_chars": 20_000}
    wanted |= {"text_chars": 20_000, "cover_bytes": 10 * 2**20, "body_picture_bytes": 2**20 - 1, "body_picture_width": 900}
    assert {name: bound.content_rule(name) for name in wanted} == wanted
    warned = {rule.name: rule.amount for rule in bound.content if rule.severity == "warn"}
    assert warned["title_chars"] == 32 and warned["digest_chars"] == 120
    assert bound.recall_seconds == 0


def test_an_account_may_override_a_cap_with_a_reason():
    bound = limits("service", "template", overrides={"template_day": {"value": 1_000_000, "reason": "百万粉丝"}})
    assert bound.caps[0].amount == 1_000_000 and "百万粉丝" in bound.caps[0].source


def test_every_rule_names_its_source_a_known_grade_and_when_a_quotation_was_checked():
    assert all(rule["source"] and rule["grade"] in {"O", "M", "S", "C", "U", "B"} for rule in pack().rules)
    assert all(rule["checked"].day == 1 for rule in pack().rules if rule["grade"] == "M")


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_code_gives_an_outcome_with_a_sentence_in_both_languages(code):
    for acting in (True, False):
        told = outcome(Refusal(code, "text rid: 6a5b-1", {}, acting), account(), "mass", NOW)
        assert isinstance(told, Outcome)
        words = told.detail if isinstance(told, Unauthorized) else told.reason
        assert " / " in words and str(code) in words and "6a5b-1" in words


def test_an_unlisted_code_is_a_refusal_with_its_number():
    told = outcome(Refusal(12345, "new", {}, True), account(), "mass", NOW)
    assert told.code == "12345" and "平台拒绝" in told.reason


@pytest.mark.parametrize(
    ("kind", "route", "code", "window"),
    [
        ("subscription", "mass", 45028, "mass_day"),
        ("service", "mass", 45028, "mass_month"),
        ("service", "mass", 45009, "mass_calls_day"),
        ("service", "template", 45009, "template_day"),
        ("service", "mass_list", 45028, "platform_month"),
    ],
)
def test_a_used_up_cap_is_named_as_in_the_rule_pack(kind, route, code, window):
    told = outcome(Refusal(code, "", {}, True), account(kind), route, NOW)
    assert isinstance(told, Exhausted) and told.window == window and told.resets_at > NOW


def test_a_subscription_account_without_calls_left_waits_for_the_day_not_for_its_send():
    told = outcome(Refusal(45009, "", {}, True), account("subscription"), "mass", NOW)
    assert told.window == "mass_calls_day"


def test_every_fault_of_a_job_is_worded_in_chinese():
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in words) for words in JOB_FAULTS.values())


def test_a_sound_article_has_no_findings():
    assert rules(Message("articles", (GOOD,))) == {}


@pytest.mark.parametrize(
    ("change", "rule", "severity"),
    [
        ({"cover": None}, "cover_missing", "block"),
        ({"html": "<p> &nbsp;</p>"}, "body_empty", "block"),
        ({"original": True}, "original", "note"),
        ({"html": '<p>文<img src="https://example.com/a.png"></p>'}, "external_picture", "block"),
        ({"html": '<p>文<a href="https://example.com/">链接</a></p>'}, "external_link", "warn"),
        ({"html": "<p>文" + '<img src="media:x">' * 180 + "</p>"}, "html_chars", "block"),
        ({"pictures": (replace(COVER, mime="image/gif"),)}, "picture_format", "block"),
    ],
)
def test_what_the_platform_drops_or_cannot_do_is_found(change, rule, severity):
    assert rules(Message("articles", (replace(GOOD, **change),))) == {rule: severity}


def test_a_picture_alone_is_a_body_and_own_links_are_fine():
    html = '<p><a href="https://mp.weixin.qq.com/s/x"><img src="media:' + "a" * 64 + '"></a></p>'
    assert rules(Message("articles", (replace(GOOD, html=html),))) == {}


def test_a_finding_marks_the_link():
    html = '<p><a href="https://example.com/">链接</a></p>'
    (found,) = plugin.check(account(), Message("articles", (replace(GOOD, html=html),)), Limits())
    ((start, end),) = found.marks
    assert html[start:end] == "https://example.com/" and found.where == "articles[1].body"


def test_an_unverified_account_and_a_link_are_told_of():
    message = Message("link", link=Link("春分", "https://example.com"))
    assert rules(message, verified="false") == {"unverified": "warn", "link_as_text": "note"}


def test_an_image_message_needs_a_picture():
    assert rules(Message("image")) == {"images_missing": "block"}


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        (Template("", {"thing1": "x"}), "template_id"),
        (Template("Tm", {"thing1": " "}), "template_value"),
        (Template("Tm", {"thing1": "字" * 21}), "template_value"),
        (Template("Tm", {"phrase1": "六个字的短语"}), "template_value"),
    ],
)
def test_a_template_that_would_be_refused_is_found_first(template, rule):
    assert rules(Message("template", template=template)) == {"template_use": "note", rule: "block"}


def test_a_placeholder_is_not_measured():
    template = Template("Tm", {"phrase1": "{a_long_placeholder_name}", "first": "没有类型的字段可以很长" * 5})
    assert rules(Message("template", template=template)) == {"template_use": "note"}
