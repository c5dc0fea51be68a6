"""Signatures, templates, success rules and waits: what the kit cannot know of these protocols."""

from __future__ import annotations

import json

import pytest

from qunfa_webhook import plugin, pushes, signatures
from saas.channels import CallbackRequest, Link, Message, Progressed, Receipt, Refused, Throttled, Unauthorized

NEWS = Message("link", text="周末开放日", link=Link("新品", "https://www.example.com/new", "九款"))


def test_a_bot_of_feishu_signs_an_empty_text_with_time_and_secret():
    assert signatures.feishu("demo", "1599360473") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_each_way_to_sign_depends_on_the_secret_and_the_time():
    for sign in (signatures.feishu, signatures.dingtalk):
        assert len({sign("a", "1"), sign("b", "1"), sign("a", "2")}) == 3
    assert signatures.own("s", "1", b"x") != signatures.own("s", "1", b"y")


def test_a_link_becomes_a_post_in_feishu_and_a_card_in_dingtalk(office):
    feishu, dingtalk = office("feishu"), office("dingtalk")
    assert isinstance(feishu.send(NEWS), Receipt)
    assert isinstance(dingtalk.send(NEWS), Receipt)
    assert '"post"' in feishu.texts()[0]
    assert '"messageUrl":"https://www.example.com/new"' in dingtalk.texts()[0]


def test_the_template_of_an_own_system_is_filled_without_breaking(office):
    own = office("own")
    own.settings(template='{"alarm": {"body": "{text}", "tags": ["{account}", "x"]}}')
    assert isinstance(own.send('他说："好"\n{title}'), Receipt)
    assert json.loads(own.texts()[0]) == {"alarm": {"body": '他说："好"\n{title}', "tags": ["rehearsal", "x"]}}


@pytest.mark.parametrize("template", ['{"text": ', "[1]"])
def test_a_template_that_is_no_object_is_told_before_and_at_the_send(office, template):
    own = office("own")
    own.settings(template=template)
    outcome = own.send("你好")
    assert (type(outcome), outcome.field) == (Refused, "template")
    assert [found.rule for found in plugin.check(own.stand.account, NEWS)] == ["webhook_template"]
    assert own.texts() == []


def test_nothing_travels_in_the_clear(office):
    own = office("own")
    own.settings(url="http://hooks.example.com/in")
    assert own.send("你好").field == "url"
    assert [found.rule for found in plugin.check(own.stand.account, NEWS)] == ["webhook_url"]


def test_a_success_rule_decides_where_the_status_alone_does_not(office):
    own = office("own")
    own.settings(success="ok=true")
    assert isinstance(own.send("你好"), Receipt)
    own.settings(success="data.code=0")
    outcome = own.send("你好")
    assert (type(outcome), outcome.field) == (Refused, "success")


def test_a_system_that_is_busy_says_how_long(office):
    own = office("own")
    own.theatre.change(
        lambda: own.theatre.server.stage.keep(own.stand.id, {**own.theatre.server.stage.accounts[own.stand.id], "busy": True})
    )
    outcome = own.send("你好")
    assert (type(outcome), outcome.retry_after) == (Throttled, 7.0)


def test_the_same_key_within_a_day_is_one_message(office):
    own = office("own")
    first = own.send("你好", key="a" * 32)
    again = own.send("你好", key="a" * 32, attempt=2)
    assert first.ids == again.ids
    assert len(own.texts()) == 1


def test_a_clock_that_is_off_is_a_matter_of_the_signature(office):
    bot = office("dingtalk")
    bot.stand.line.now = lambda: bot.theatre.server.stage.now().replace(year=2020)
    outcome = bot.send("你好")
    assert (type(outcome), outcome.code) == (Unauthorized, "310000")


def test_a_system_tells_what_became_of_a_message(office):
    account = office("own").stand.account
    body, stamp = json.dumps({"id": "e1", "key": "k" * 32, "status": "failed", "reason": "退订"}).encode(), "1700000000"
    headers = {"x-qunfa-timestamp": stamp, "x-qunfa-signature": signatures.own(account.credentials["secret"], stamp, body)}
    (event,) = pushes.read(account, CallbackRequest("POST", {}, headers, body, 1700000010.0)).events
    assert isinstance(event, Progressed)
    assert (event.id_name, event.id_value, event.progress.failed, event.progress.final) == ("key", "k" * 32, 1, True)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id": 1, "status": "late", "key": "k"}', b'{"id": {}, "from": 1, "text": ""}']
)
def test_a_signed_push_that_cannot_be_read_is_malformed(office, body):
    account, stamp = office("own").stand.account, "1700000000"
    headers = {"x-qunfa-timestamp": stamp, "x-qunfa-signature": signatures.own(account.credentials["secret"], stamp, body)}
    reply = pushes.read(account, CallbackRequest("POST", {}, headers, body, 1700000010.0))
    assert (reply.status, reply.events) == (400, ())


def test_the_pace_of_an_own_system_is_its_setting(office):
    own = office("own")
    own.settings(per_minute="30")
    assert own.stand.limits(own.route).rate.calls == 30
    own.settings(per_minute="soon")
    assert own.stand.limits(own.route).rate.calls == 60
