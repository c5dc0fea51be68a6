"""What a OneBot server pushes: signatures, staleness, and what each event means."""

from __future__ import annotations

import json

import pytest

from qunfa_qq_group import plugin
from qunfa_qq_group.signature import hmac_sha1
from saas.channels import Account, CallbackRequest, Inbound, TargetChanged

NOW = 1_764_000_000
ACCOUNT = Account(1, "cats", "qq_group", "onebot", "示例", {"access_token": "t", "secret": "s3"}, {"self_id": "30001"})


def request(secret: str = "s3", headers: dict[str, str] | None = None, **event: object) -> CallbackRequest:
    body = json.dumps({"time": NOW, "self_id": 30001, **event}).encode()
    sent = {"x-self-id": "30001", "x-signature": hmac_sha1(secret, body), **(headers or {})}
    return CallbackRequest("POST", {}, {name: value for name, value in sent.items() if value}, body, NOW)


SPOKEN = {"post_type": "message", "message_type": "group", "message_id": 7, "group_id": 7001, "user_id": 10001}


@pytest.mark.parametrize(
    "message",
    [
        "[CQ:at,qq=30001] 几点 &#91;开&#93; 门 &amp; 关",
        [{"type": "at", "data": {"qq": "30001"}}, {"type": "text", "data": {"text": " 几点 [开] 门 & 关"}}],
    ],
)
def test_a_group_message_that_names_the_account_is_taken_in(message):
    reply = plugin.callback(ACCOUNT, request(**SPOKEN, message=message))
    assert reply.status == 204
    assert reply.events == (
        Inbound("30001:7001:7", "10001", "text", "几点 [开] 门 & 关", NOW + 7 * 86400, {"group": "7001", "msg_id": "7"}),
    )


def test_talk_among_members_is_left_alone_unless_the_setting_says_all():
    told = request(**SPOKEN, message="大家早")
    everything = Account(1, "cats", "qq_group", "onebot", "示例", ACCOUNT.credentials, {"self_id": "30001", "listen": "all"})
    assert plugin.callback(ACCOUNT, told).events == ()
    assert [e.text for e in plugin.callback(everything, told).events] == ["大家早"]


def test_the_accounts_own_words_are_not_taken_in():
    assert plugin.callback(ACCOUNT, request(**{**SPOKEN, "user_id": 30001}, message="[CQ:at,qq=30001] x")).events == ()


NOTICES = [
    ({"notice_type": "group_increase", "sub_type": "invite", "user_id": 30001}, "joined"),
    ({"notice_type": "group_decrease", "sub_type": "kick_me", "user_id": 30001}, "left"),
    ({"notice_type": "group_ban", "sub_type": "ban", "user_id": 30001}, "muted"),
    ({"notice_type": "group_ban", "sub_type": "ban", "user_id": 0}, "muted"),
    ({"notice_type": "group_ban", "sub_type": "lift_ban", "user_id": 30001}, "unmuted"),
]


@pytest.mark.parametrize(("notice", "change"), NOTICES)
def test_a_notice_about_the_account_says_what_changed(notice, change):
    [event] = plugin.callback(ACCOUNT, request(post_type="notice", group_id=7001, **notice)).events
    assert isinstance(event, TargetChanged)
    assert (event.target, event.change) == ("7001", change)


@pytest.mark.parametrize("notice", [NOTICES[0][0], NOTICES[2][0]])
def test_a_notice_about_another_member_means_nothing(notice):
    told = request(post_type="notice", group_id=7001, **{**notice, "user_id": 10001})
    assert plugin.callback(ACCOUNT, told).events == ()


@pytest.mark.parametrize(
    ("headers", "secret", "status"),
    [
        ({"x-self-id": ""}, "s3", 400),
        ({"x-signature": ""}, "s3", 401),
        ({}, "other", 403),
        ({"x-self-id": "30002"}, "s3", 403),
        ({"x-signature": "sha1=é"}, "s3", 403),
    ],
)
def test_an_event_that_cannot_be_trusted_is_refused(headers, secret, status):
    reply = plugin.callback(ACCOUNT, request(secret, headers, **SPOKEN, message="[CQ:at,qq=30001] x"))
    assert (reply.status, reply.events) == (status, ())


def test_without_a_secret_nothing_is_taken_in():
    bare = Account(1, "cats", "qq_group", "onebot", "示例", {"access_token": "t"}, {})
    assert plugin.callback(bare, request("", **SPOKEN, message="x")).status == 403


def test_an_event_older_than_five_minutes_is_refused():
    assert plugin.callback(ACCOUNT, request(**SPOKEN, message="x", time=NOW - 301)).status == 403
    assert plugin.callback(ACCOUNT, request(**SPOKEN, message="x", time="now")).status == 403


def test_the_rehearsal_signs_what_it_pushes(theatre):
    account = theatre.enrol("cats", "onebot", 2)
    told = {"account": theatre.id_of(account), "group": theatre.groups(account)[0]}
    theatre.control("POST", "/play/say", {**told, "text": "在吗"})
    theatre.settle(1)
    theatre.control("POST", "/play/leave", told)
    theatre.settle(2)
    heard, left = theatre.events(account)
    assert (heard.text, left.change, left.target) == ("在吗", "left", told["group"])
