"""Frames of a OneBot server's event line: the same events as by post, heartbeats, and who is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qunfa_qq_group import onebot_callback, onebot_line
from qunfa_qq_group.signature import hmac_sha1
from saas.channels import Account, AccountChanged, CallbackRequest, Inbound, TargetChanged

NOW, OWN = 1_790_000_000, "10001"


def account(**settings: Any) -> Account:
    usual = {"self_id": OWN, "base_url": "ws://192.168.1.9:3001", "simulated": False}
    return Account(1, "a", "qq_group", "onebot", "山岚", {"access_token": "t0ken", "secret": "s3cret"}, {**usual, **settings})


def frame(**told: Any) -> str:
    return json.dumps({"time": NOW, "self_id": int(OWN), **told}, ensure_ascii=False)


SAID = {
    "post_type": "message", "message_type": "group", "message_id": 7, "group_id": 70001, "user_id": 5,
    "message": [{"type": "at", "data": {"qq": OWN}}, {"type": "text", "data": {"text": "在吗"}}],
}  # fmt: skip
LEFT = {"post_type": "notice", "notice_type": "group_decrease", "sub_type": "kick_me", "group_id": 70001, "user_id": int(OWN)}
RECALLED = {
    "post_type": "notice", "notice_type": "group_recall", "group_id": 70001, "user_id": int(OWN), "operator_id": 6,
    "message_id": 9,
}  # fmt: skip
BEAT = {"post_type": "meta_event", "meta_event_type": "heartbeat", "interval": 5000}


@pytest.mark.parametrize("told", [SAID, LEFT, RECALLED])
def test_heard_and_pushed_an_event_has_one_name(told: dict[str, Any]) -> None:
    spaced = json.dumps({"self_id": int(OWN), **told, "time": NOW}, indent=1).encode()  # another order, other spaces
    headers = {"x-self-id": OWN, "x-signature": hmac_sha1("s3cret", spaced)}
    pushed = onebot_callback.callback(account(), CallbackRequest("POST", {}, headers, spaced, float(NOW))).events
    heard = onebot_line.heard(account(), frame(**told), float(NOW)).events
    assert heard == pushed
    assert [type(event) for event in heard] == [TargetChanged if told is LEFT else Inbound]


def test_our_own_recall_and_a_recall_of_others_tell_nothing() -> None:
    for other in ({"operator_id": int(OWN)}, {"user_id": 77}):
        assert onebot_line.heard(account(), frame(**{**RECALLED, **other}), NOW).events == ()


def test_a_heartbeat_promises_the_next_and_tells_once_a_minute_that_the_account_is_offline() -> None:
    well = onebot_line.heard(account(), frame(**BEAT, status={"online": True, "good": True}), NOW)
    assert (well.next_within, well.events) == (5.0, ())
    ill = [onebot_line.heard(account(), frame(**BEAT, status={"online": False, "good": False}), NOW).events for _ in range(2)]
    assert ill[0] == ill[1]
    assert [event.change for event in ill[0] if isinstance(event, AccountChanged)] == ["at_risk"]


@pytest.mark.parametrize("interval", [None, "5000", -1, True, 10**12])
def test_a_heartbeat_that_makes_no_sense_promises_nothing(interval: Any) -> None:
    assert onebot_line.heard(account(), frame(**{**BEAT, "interval": interval}), NOW).next_within == 0.0


def test_an_account_that_was_thrown_out_is_at_risk_whoever_tells() -> None:
    told = {"post_type": "notice", "notice_type": "bot_offline", "user_id": int(OWN)}
    events = onebot_line.heard(account(), frame(**told), NOW).events
    assert [event.change for event in events if isinstance(event, AccountChanged)] == ["at_risk"]
    assert onebot_line.heard(account(), frame(**{**told, "user_id": 77}), NOW).events == ()


def test_another_account_and_a_refused_token_end_the_line() -> None:
    assert onebot_line.heard(account(self_id="10086"), frame(**SAID), NOW).refused
    assert onebot_line.heard(account(), '{"status": "failed", "retcode": 1403, "data": null}', NOW).refused


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 5000, '{"post_type": {}}', '{"retcode": 0, "echo": "x"}'])
def test_what_is_no_event_tells_nothing_and_harms_nothing(text: str) -> None:
    assert onebot_line.heard(account(), text, NOW).events == ()


def test_old_events_are_not_believed() -> None:
    assert onebot_line.heard(account(), frame(**SAID), NOW + 3600).events == ()


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "ws://192.168.1.9:3001"),
        ({"base_url": "ws://192.168.1.9:3001/api"}, "ws://192.168.1.9:3001/event"),
        ({"base_url": "http://192.168.1.9:3000", "events_url": "wss://bot.example.com/event"}, "wss://bot.example.com/event"),
        ({"base_url": "http://192.168.1.9:3000"}, None),
        ({"events_url": "none"}, None),
        ({"base_url": "ws://bot.example.com"}, None),  # a token in the clear, over the open net
    ],
)
def test_where_events_are_heard(settings: dict[str, str], url: str | None) -> None:
    found = onebot_line.listen(account(**settings))
    assert (found.url if found else None) == url
    assert found is None or found.headers == {"Authorization": "Bearer t0ken"}
    assert "t0ken" not in repr(found)


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({"authorization": "Bearer t0ken", "x-self-id": OWN, "x-client-role": "Event"}, True),
        ({"authorization": "Token t0ken", "x-self-id": OWN}, True),
        ({"authorization": "t0ken", "x-self-id": OWN, "x-client-role": "API"}, False),
        ({"authorization": "Bearer t0ken", "x-self-id": "10086"}, False),
        ({"authorization": "Bearer t0ken"}, False),
        ({"x-self-id": OWN}, False),
        ({"authorization": "Bearer tökén", "x-self-id": OWN}, False),
    ],
)
def test_who_may_dial_out_to_us(headers: dict[str, str], welcome: bool) -> None:
    assert onebot_line.welcome(account(), headers) is welcome
    bare = Account(1, "a", "qq_group", "onebot", "山岚", {"access_token": ""}, {"self_id": OWN})
    assert not onebot_line.welcome(bare, headers)
