"""Whatever is pushed, signed or not, is answered and never raises."""

from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunfa_qq_group import plugin
from qunfa_qq_group.signature import ed25519, hmac_sha1
from saas.channels import Account, CallbackRequest, Event

NOW = 1_764_000_000
KEYS = ("app_id", "client_secret", "access_token", "secret")
OFFICIAL = Account(1, "shop", "qq_group", "official", "示例", dict.fromkeys(KEYS, "1024"))
ONEBOT = Account(1, "cats", "qq_group", "onebot", "示例", dict.fromkeys(KEYS, "1024"), {"listen": "all"})

leaf = st.none() | st.booleans() | st.integers(-10, 2**40) | st.floats() | st.text(max_size=12) | st.just("\x00\ud800")
value = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3))
some = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TYPES = st.sampled_from(["GROUP_AT_MESSAGE_CREATE", "GROUP_ADD_ROBOT", "GROUP_MESSAGE_CREATE", "MESSAGE_AUDIT_PASS", "X"])


def fields(*names: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, value))


def storable(event: Event) -> bool:
    texts = [text for text in asdict(event).values() if isinstance(text, str)]
    return all(text.encode() is not None and "\x00" not in text for text in texts)


@some
@given(TYPES, fields("group_openid", "id", "content", "author", "timestamp", "attachments", "audit_id", "message_id"), value)
def test_any_signed_official_event_is_acknowledged(name, data, ident):
    body = json.dumps({"op": 0, "t": name, "d": data, "id": ident}).encode()
    signed = {"x-signature-timestamp": str(NOW), "x-signature-ed25519": ed25519("1024", str(NOW).encode() + body)}
    reply = plugin.callback(OFFICIAL, CallbackRequest("POST", {}, signed, body, NOW))
    assert reply.status == 200
    assert all(storable(event) for event in reply.events)


@some
@given(
    st.sampled_from(["message", "notice", "meta_event"]),
    fields("group_id", "user_id", "message_id", "message", "notice_type", "sub_type"),
)
def test_any_signed_onebot_event_is_answered(kind, data):
    body = json.dumps({"time": NOW, "post_type": kind, **data}).encode()
    signed = {"x-self-id": "30001", "x-signature": hmac_sha1("1024", body)}
    reply = plugin.callback(ONEBOT, CallbackRequest("POST", {}, signed, body, NOW))
    assert reply.status == 204
    assert all(storable(event) for event in reply.events)


HEADERS = st.dictionaries(st.text(max_size=9), st.text(max_size=9))
BODIES = st.binary(max_size=60) | value.map(lambda told: json.dumps(told).encode())
WRONG = {"x-signature-ed25519": "\udcff", "x-signature": "\udcff", "x-self-id": "1", "x-signature-timestamp": str(NOW)}


@some
@given(st.sampled_from([OFFICIAL, ONEBOT]), HEADERS, BODIES)
def test_anything_unsigned_is_refused(account, headers, body):
    reply = plugin.callback(account, CallbackRequest("POST", {}, {**WRONG, **headers}, body, NOW))
    assert reply.status in (400, 401, 403)
    assert reply.events == ()
