"""What the official platform pushes: signatures, staleness, and what each event means."""

from __future__ import annotations

import asyncio
import json

import pytest

from qunfa_qq_group import plugin
from qunfa_qq_group.signature import ed25519
from saas.channels import Account, CallbackRequest, Inbound, TargetChanged

NOW = 1_764_000_000
SIGNATURE = (
    "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
    "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
)
SECRET = "DG5g3B4j9X2KOErG"
ACCOUNT = Account(
    1, "shop", "qq_group", "official", "示例", {"app_id": "1024", "client_secret": SECRET}, {"groups": [{"id": "G1"}]}
)


def request(body: bytes, moment: object = NOW, now: float = NOW, **headers: str) -> CallbackRequest:
    signed = ed25519(SECRET, str(moment).encode() + body)
    sent = {"x-signature-ed25519": signed, "x-signature-timestamp": str(moment), "x-bot-appid": "1024", **headers}
    return CallbackRequest("POST", {}, {name: value for name, value in sent.items() if value}, body, now)


def event(name: str, **data: object) -> bytes:
    return json.dumps({"id": "E1", "op": 0, "t": name, "d": data}).encode()


def test_the_address_check_is_answered_with_the_documented_signature():
    body = b'{"op":13,"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"}}'
    reply = plugin.callback(ACCOUNT, CallbackRequest("POST", {}, {}, body, 1725442341.0))
    assert reply.status == 200
    assert json.loads(reply.body) == {
        "plain_token": "Arq0D5A61EgUu4OxUvOp",
        "signature": SIGNATURE,
    }


@pytest.mark.parametrize("plain", ['{"op":0,"t":"GROUP_DEL_ROBOT","d":{}}', "", "a b", "x" * 129])
def test_the_address_check_signs_nothing_that_could_pass_for_an_event(plain):
    body = json.dumps({"op": 13, "d": {"plain_token": plain, "event_ts": str(NOW)}}).encode()
    reply = plugin.callback(ACCOUNT, CallbackRequest("POST", {}, {}, body, NOW))
    assert (reply.status, reply.events) == (403, ())


def test_an_address_check_of_last_year_is_refused():
    body = b'{"op":13,"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"}}'
    assert plugin.callback(ACCOUNT, CallbackRequest("POST", {}, {}, body, NOW)).status == 403


@pytest.mark.parametrize(
    ("name", "change"),
    [("GROUP_ADD_ROBOT", "joined"), ("GROUP_DEL_ROBOT", "left"), ("GROUP_MSG_REJECT", "muted"), ("GROUP_MSG_RECEIVE", "unmuted")],
)
def test_an_event_of_a_group_says_what_changed_and_is_acknowledged(name, change):
    reply = plugin.callback(ACCOUNT, request(event(name, group_openid="G9", timestamp=NOW)))
    assert (reply.status, json.loads(reply.body)) == (200, {"op": 12})
    assert reply.events == (TargetChanged("E1", "G9", change),)


def test_a_message_to_the_bot_can_be_answered_for_five_minutes():
    body = event(
        "GROUP_AT_MESSAGE_CREATE",
        id="M1", content=" 几点开门 ", timestamp="2025-11-24T16:00:00+00:00", author={"member_openid": "U1"}, group_openid="G1",
    )  # fmt: skip
    [heard] = plugin.callback(ACCOUNT, request(body)).events
    assert heard == Inbound("M1", "U1", "text", "几点开门", 1764000000.0 + 300, {"group": "G1", "msg_id": "M1"})


def test_a_message_tells_of_a_group_that_was_not_known():
    body = event("GROUP_AT_MESSAGE_CREATE", id="M1", content="hi", author={"member_openid": "U1"}, group_openid="G7")
    changed, heard = plugin.callback(ACCOUNT, request(body)).events
    assert (changed.target, changed.change, heard.context["group"]) == ("G7", "joined", "G7")


def test_talk_among_members_tells_of_an_unknown_group_and_nothing_more():
    [changed] = plugin.callback(ACCOUNT, request(event("GROUP_MESSAGE_CREATE", id="M2", content="早", group_openid="G7"))).events
    assert (changed.target, changed.change) == ("G7", "joined")
    assert plugin.callback(ACCOUNT, request(event("GROUP_MESSAGE_CREATE", id="M2", content="早", group_openid="G1"))).events == ()


@pytest.mark.parametrize("moment", [NOW - 301, NOW + 301, "", "12a", "١٢٣"])
def test_a_stale_or_broken_time_is_refused(moment):
    reply = plugin.callback(ACCOUNT, request(event("GROUP_ADD_ROBOT", group_openid="G9"), moment))
    assert (reply.status in (401, 403), reply.events) == (True, ())


def test_an_event_within_five_minutes_is_taken():
    assert plugin.callback(ACCOUNT, request(event("GROUP_ADD_ROBOT", group_openid="G9"), NOW - 299)).status == 200


def test_a_wrong_signature_is_refused():
    wrong = request(event("GROUP_ADD_ROBOT", group_openid="G9"), **{"x-signature-ed25519": "00" * 64})
    assert (plugin.callback(ACCOUNT, wrong).status, plugin.callback(ACCOUNT, wrong).events) == (403, ())


def test_a_changed_body_is_refused():
    told = request(event("GROUP_ADD_ROBOT", group_openid="G9"))
    changed = CallbackRequest("POST", {}, told.headers, told.body.replace(b"G9", b"G8"), NOW)
    assert plugin.callback(ACCOUNT, changed).status == 403


def test_an_unsigned_event_is_refused():
    assert (
        plugin.callback(ACCOUNT, CallbackRequest("POST", {}, {}, event("GROUP_ADD_ROBOT", group_openid="G9"), NOW)).status == 401
    )


def test_an_event_for_another_bot_is_refused():
    told = request(event("GROUP_ADD_ROBOT", group_openid="G9"), **{"x-bot-appid": "999"})
    assert plugin.callback(ACCOUNT, told).status == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_refused(body):
    assert plugin.callback(ACCOUNT, request(body)).status == 400


@pytest.mark.parametrize("name", ["GROUP_ADD_ROBOT", "GROUP_AT_MESSAGE_CREATE", "MESSAGE_AUDIT_PASS", "SOMETHING_NEW"])
def test_an_event_without_its_fields_is_acknowledged_and_means_nothing(name):
    reply = plugin.callback(ACCOUNT, request(event(name)))
    assert (reply.status, reply.events) == (200, ())


def test_a_new_bot_is_told_of_each_of_its_groups_once(theatre):
    account = theatre.enrol("shop", size=3)
    theatre.settle(3)
    theatre.enrol("shop", size=3)
    theatre.run(asyncio.sleep(0.6))
    assert sorted(e.target for e in theatre.events(account)) == sorted(theatre.groups(account))
    assert {e.change for e in theatre.events(account)} == {"joined"}


def test_people_of_the_rehearsal_turn_switches_speak_and_leave(theatre):
    account = theatre.enrol("shop", size=1)
    theatre.settle(1)
    told = {"account": theatre.id_of(account), "group": theatre.groups(account)[0]}
    theatre.control("POST", "/play/switch", {**told, "on": False})
    theatre.settle(2)
    theatre.control("POST", "/play/say", {**told, "text": "在吗"})
    theatre.settle(3)
    theatre.control("POST", "/play/leave", told)
    theatre.settle(4)
    joined, muted, heard, left = theatre.events(account)
    assert [joined.change, muted.change, left.change] == ["joined", "muted", "left"]
    assert heard.text == "在吗"
