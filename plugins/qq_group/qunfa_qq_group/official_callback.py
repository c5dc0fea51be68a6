"""What the official platform pushes: the address check, groups that come and go, messages to the bot, reviews."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from qunfa_qq_group.official import known_groups
from qunfa_qq_group.signature import ed25519, ed25519_holds
from qunfa_qq_group.wording import storable
from saas.channels import Account, CallbackReply, CallbackRequest, Event, Inbound, Progress, Progressed, TargetChanged

STALE = 300.0
REPLY_WINDOW = 300.0
# Only such words are signed for the address check: were braces allowed, anybody could have an event signed by us.
PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")
ACK = json.dumps({"op": 12}).encode()
JSON = "application/json; charset=utf-8"
Change = Literal["joined", "left", "muted", "unmuted"]
CHANGES: dict[str, Change] = {
    "GROUP_ADD_ROBOT": "joined",
    "GROUP_DEL_ROBOT": "left",
    "GROUP_MSG_REJECT": "muted",
    "GROUP_MSG_RECEIVE": "unmuted",
}


def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Verify, read and acknowledge. 400 for what is no event, 401 without a signature, 403 for a wrong or stale one."""
    payload = _payload(request.body)
    if payload is None:
        return CallbackReply(400, b"bad request")
    if payload.get("op") == 13:
        return _address_check(account, payload, request.now)
    if status := _refusal(account, request):
        return CallbackReply(status, b"refused")
    return CallbackReply(200, ACK, JSON, tuple(_events(account, payload, request)))


def _payload(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _address_check(account: Account, payload: Mapping[str, Any], now: float) -> CallbackReply:
    data = payload.get("d")
    fields: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    plain, moment = str(fields.get("plain_token", "")), str(fields.get("event_ts", ""))
    if not PLAIN.fullmatch(plain) or not _fresh(moment, now):
        return CallbackReply(403, b"refused")
    signed = ed25519(account.credentials["client_secret"], (moment + plain).encode())
    return CallbackReply(200, json.dumps({"plain_token": plain, "signature": signed}).encode(), JSON)


def _refusal(account: Account, request: CallbackRequest) -> int:
    signature = request.headers.get("x-signature-ed25519", "")
    moment = request.headers.get("x-signature-timestamp", "")
    if not signature or not moment:
        return 401
    bot = request.headers.get("x-bot-appid", "")
    if not _fresh(moment, request.now) or bot not in ("", account.credentials["app_id"]):
        return 403
    signed = moment.encode() + request.body
    return 0 if ed25519_holds(account.credentials["client_secret"], signed, signature) else 403


def _fresh(moment: str, now: float) -> bool:
    return moment.isascii() and moment.isdigit() and len(moment) <= 12 and abs(now - int(moment)) <= STALE


def _events(account: Account, payload: Mapping[str, Any], request: CallbackRequest) -> list[Event]:
    name, data = str(payload.get("t", "")), payload.get("d")
    if payload.get("op") != 0 or not isinstance(data, Mapping):
        return []
    dedupe = storable(payload.get("id") or hashlib.sha256(request.body).hexdigest()[:32])
    if name in CHANGES:
        return _group_changed(name, data, dedupe)
    if name == "GROUP_MESSAGE_CREATE":
        return _seen(account, storable(data.get("group_openid")), dedupe)
    readers: dict[str, Callable[[], list[Event]]] = {
        "GROUP_AT_MESSAGE_CREATE": lambda: _spoken(account, data, request.now, dedupe),
        "MESSAGE_AUDIT_PASS": lambda: _reviewed(data, dedupe, passed=True),
        "MESSAGE_AUDIT_REJECT": lambda: _reviewed(data, dedupe, passed=False),
    }
    return readers[name]() if name in readers else []


def _group_changed(name: str, data: Mapping[str, Any], dedupe: str) -> list[Event]:
    group = storable(data.get("group_openid"))
    return [TargetChanged(dedupe, group, CHANGES[name])] if group else []


def _spoken(account: Account, data: Mapping[str, Any], now: float, dedupe: str) -> list[Event]:
    """A message to the bot; it also tells of a group that no event had told of before."""
    group, message = storable(data.get("group_openid")), storable(data.get("id"))
    author = data.get("author") if isinstance(data.get("author"), Mapping) else {}
    sender = storable((author or {}).get("member_openid") or (author or {}).get("id"))
    if not group or not sender:
        return []
    text = storable(data.get("content"))
    kind = "image" if data.get("attachments") and not text else "text"
    until = _moment(data.get("timestamp"), now) + REPLY_WINDOW
    heard = Inbound(message or dedupe, sender, kind, text, until, {"group": group, "msg_id": message})
    return [*_seen(account, group, dedupe), heard]


def _seen(account: Account, group: str, dedupe: str) -> list[Event]:
    """Any message tells of a group; talk that is not meant for the bot tells nothing more."""
    known = any(str(entry["id"]) == group for entry in known_groups(account))
    return [] if known or not group else [TargetChanged(f"seen:{dedupe}", group, "joined")]


def _moment(value: object, now: float) -> float:
    """A time as the platform writes it (RFC 3339 or Unix seconds); now when it is neither."""
    text = str(value or "")
    try:
        return float(text) if text.isdigit() else datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return now


def _reviewed(data: Mapping[str, Any], dedupe: str, passed: bool) -> list[Event]:
    audit = storable(data.get("audit_id"))
    if not audit:
        return []
    if passed:
        ids = {"message_id": storable(data.get("message_id"))}
        return [Progressed(dedupe, Progress(delivered=1, final=True, ids=ids), "audit_id", audit)]
    reason = "平台审核没有通过 / the platform's review rejected it"
    return [Progressed(dedupe, Progress(failed=1, final=True, code="304023", reason=reason), "audit_id", audit)]
