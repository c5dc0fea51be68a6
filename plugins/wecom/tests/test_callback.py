"""The callback cipher against the platform's own vectors, and everything that must be refused."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Literal

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.crypto import BadCipher, decrypt, encrypt, signature
from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.pushes import sealed
from saas.channels import Account, AccountChanged, CallbackRequest, Inbound, TargetChanged

KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"
CORP = "wx5823bf96d3bd56c7"
NOW = 1_409_659_813
ACCOUNT = Account(1, "shop", "wecom", "customer", "山岚", {"corp_id": CORP, "callback_token": TOKEN, "aes_key": KEY})
SECOND_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
FOREIGN = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><xml><Encrypt>&f;</Encrypt></xml>'


def get(message: bytes = b"123456", corp: str = CORP, now: float = NOW, **query: str) -> CallbackRequest:
    echo = encrypt(KEY, message, corp)
    signed = signature(TOKEN, str(NOW), "1372623149", echo)
    full = {"msg_signature": signed, "timestamp": str(NOW), "nonce": "1372623149", "echostr": echo, **query}
    return CallbackRequest("GET", full, {}, b"", now)


def post(fields: dict[str, str], now: float = NOW) -> CallbackRequest:
    corp = Corp(CORP, {"aes_key": KEY, "callback_token": TOKEN})
    query, body = sealed(corp, fields, str(NOW))
    return CallbackRequest("POST", query, {}, body, now)


SAMPLE = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUk"
    "SUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekU"
    "NXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rU"
    "PA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+"
    "qN+E7Q=="
)
SAMPLE_SIGN = "477715d11cdb4164915debcba66cb864d751f3e6"
ECHO = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
ECHO_SIGN = "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"
CUSTOMER = {"Event": "change_external_contact", "UserID": "zhang", "ExternalUserID": "wm1", "CreateTime": "1"}


@pytest.mark.parametrize(
    ("token", "timestamp", "nonce", "key", "receiver", "prefix"),
    [
        (TOKEN, "1409659813", "1372623149", KEY, CORP, b"0123456789abcdef"),
        ("123456", "1411443780", "437374425", SECOND_KEY, "wx49f0ab532d5d035a", b"fedcba9876543210"),
    ],
)
def test_what_is_encrypted_is_decrypted_for_the_same_receiver(
    token: str, timestamp: str, nonce: str, key: str, receiver: str, prefix: bytes
) -> None:
    sealed_text = encrypt(key, "春分".encode(), receiver, prefix)
    assert decrypt(key, sealed_text) == ("春分".encode(), receiver)
    assert len(base64.b64decode(sealed_text)) % 32 == 0
    expected = hashlib.sha1("".join(sorted([token, timestamp, nonce, sealed_text])).encode(), usedforsecurity=False)
    assert signature(token, timestamp, nonce, sealed_text) == expected.hexdigest()
    with pytest.raises(BadCipher):
        decrypt(SECOND_KEY if key == KEY else KEY, sealed_text)


def test_the_platforms_own_sample_is_verified_and_read() -> None:
    query = {"msg_signature": SAMPLE_SIGN, "timestamp": str(NOW), "nonce": "1372623149"}
    body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{SAMPLE}]]></Encrypt></xml>".encode()
    reply = plugin.callback(ACCOUNT, CallbackRequest("POST", query, {}, body, NOW))
    assert reply.events == (Inbound("4561255354251345929", "mycreate", "text", "hello", context={"agent_id": "218"}),)


def test_the_second_vector_is_answered_with_its_plain_echo() -> None:
    credentials = {"corp_id": "wx49f0ab532d5d035a", "callback_token": "123456", "aes_key": SECOND_KEY}
    query = {"msg_signature": ECHO_SIGN, "timestamp": "1411443780", "nonce": "437374425", "echostr": ECHO}
    request = CallbackRequest("GET", query, {}, b"", 1_411_443_781)
    assert plugin.callback(replace(ACCOUNT, credentials=credentials), request).body == b"5927782489442352469"
    stranger = replace(ACCOUNT, credentials={**credentials, "corp_id": CORP})
    assert plugin.callback(stranger, request).status == 403


def test_the_platforms_check_of_the_address_gets_the_bare_echo() -> None:
    reply = plugin.callback(ACCOUNT, get())
    assert (reply.status, reply.body, reply.events) == (200, b"123456", ())


@pytest.mark.parametrize(
    "request_",
    [
        get(msg_signature="0" * 40),
        get(nonce="1"),
        get(timestamp=str(NOW + 1)),
        get(now=NOW + 301),
        get(now=NOW - 301),
        get(corp="wx49f0ab532d5d035a"),
        get(echostr=""),
        get(timestamp="²"),
        post(CUSTOMER, NOW + 301),
        CallbackRequest("POST", {}, {}, b"", NOW),
        CallbackRequest("POST", {}, {}, b"<xml><Encrypt>", NOW),
        CallbackRequest("POST", {}, {}, ENTITIES, NOW),
        CallbackRequest("POST", {}, {}, FOREIGN, NOW),
        CallbackRequest("POST", {}, {}, b"<xml>" + b"a" * 10_000_000 + b"</xml>", NOW),
    ],
)
def test_what_is_not_the_platforms_is_refused(request_: CallbackRequest) -> None:
    reply = plugin.callback(ACCOUNT, request_)
    assert (reply.status, reply.body, reply.events) == (403, b"", ())


def test_an_account_without_callback_credentials_refuses_every_push() -> None:
    bare = replace(ACCOUNT, credentials={"corp_id": CORP})
    assert plugin.callback(bare, get()).status == 403


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("add_external_contact", "joined"),
        ("add_half_external_contact", "joined"),
        ("del_external_contact", "left"),
        ("del_follow_user", "left"),
    ],
)
def test_a_customer_who_comes_or_goes_changes_the_audience(change: str, expected: Literal["joined", "left"]) -> None:
    reply = plugin.callback(ACCOUNT, post({**CUSTOMER, "ChangeType": change}))
    assert reply.events == (TargetChanged(f"{change}:zhang:wm1:1", "wm1", expected),)
    assert reply.body == b"success"


def test_a_changed_remark_changes_nothing() -> None:
    assert plugin.callback(ACCOUNT, post({**CUSTOMER, "ChangeType": "edit_external_contact"})).events == ()


def test_a_message_from_a_member_is_read() -> None:
    fields = {"MsgType": "text", "FromUserName": "zhang", "MsgId": "77", "Content": "收到 <好>", "AgentID": "1000002"}
    expected = Inbound("77", "zhang", "text", "收到 <好>", context={"agent_id": "1000002"})
    assert plugin.callback(ACCOUNT, post(fields)).events == (expected,)


def test_a_withdrawn_authorisation_stops_the_account() -> None:
    fields = {"InfoType": "cancel_auth", "AuthCorpId": CORP, "TimeStamp": "5"}
    assert plugin.callback(ACCOUNT, post(fields)).events == (AccountChanged(f"cancel_auth:{CORP}:5", "revoked", "cancel_auth"),)


@pytest.mark.parametrize(
    ("kind", "told", "events"),
    [
        ("groups", {"ChangeType": "dismiss"}, (TargetChanged("dismiss:wr1:1", "wr1", "left"),)),
        ("groups", {"ChangeType": "create"}, ()),
        ("groups", {"ChangeType": "update", "UpdateDetail": "change_owner"}, ()),
        ("groups", {"Event": "cancel_auth", "TimeStamp": "9"}, (AccountChanged("cancel_auth::9", "revoked", "cancel_auth"),)),
        ("groups", {**CUSTOMER, "ChangeType": "add_external_contact"}, ()),
        ("customer", {"ChangeType": "dismiss"}, ()),
    ],
)
def test_of_a_customer_groups_news_the_dismissed_is_kept_and_the_rest_is_asked_for_later(
    kind: str, told: dict[str, str], events: tuple[object, ...]
) -> None:
    fields = {"Event": "change_external_chat", "ChatId": "wr1", "CreateTime": "1", **told}
    assert plugin.callback(replace(ACCOUNT, kind=kind), post(fields)).events == events
