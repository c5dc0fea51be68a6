"""What a OneBot server pushes: messages to the account, and groups that come, go, mute and unmute."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from qunfa_qq_group.signature import hmac_sha1
from qunfa_qq_group.wording import storable
from saas.channels import Account, CallbackReply, CallbackRequest, Event, Inbound, TargetChanged

STALE = 300.0
# The protocol sets no end to replies; after a week an answer is no reply any more.
REPLY_WINDOW = 7 * 86400.0
CODE = re.compile(r"\[CQ:([a-z_]+)((?:,[^\]]*)?)\]")


def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Verify and read; 204 is the protocol's "nothing to do". 400 without X-Self-ID, 401 unsigned, 403 wrong or stale."""
    own = request.headers.get("x-self-id", "")
    if not own:
        return CallbackReply(400, b"X-Self-ID is missing")
    if status := _refusal(account, request, own):
        return CallbackReply(status, b"refused")
    event = _read(request.body)
    if event is None:
        return CallbackReply(400, b"bad request")
    moment = event.get("time")
    if not isinstance(moment, int | float) or not abs(request.now - moment) <= STALE:
        return CallbackReply(403, b"stale")
    return CallbackReply(204, b"", events=tuple(_events(account, event, own, request.body)))


def _refusal(account: Account, request: CallbackRequest, own: str) -> int:
    """Without a secret nothing can be verified, so nothing is taken in."""
    secret, signature = account.credentials.get("secret", ""), request.headers.get("x-signature", "")
    if not signature:
        return 401
    expected = str(account.settings.get("self_id") or own)
    if not secret or own != expected:
        return 403
    return 0 if hmac.compare_digest(hmac_sha1(secret, request.body).encode(), signature.encode("utf-8", "replace")) else 403


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _events(account: Account, event: Mapping[str, Any], own: str, body: bytes) -> list[Event]:
    match event.get("post_type"):
        case "message":
            return _spoken(account, event, own)
        case "notice":
            return _notice(event, own, hashlib.sha256(body).hexdigest()[:32])
    return []


def _spoken(account: Account, event: Mapping[str, Any], own: str) -> list[Event]:
    """Messages to the account: private ones, and group messages that name it (all, where the setting says so)."""
    sender, group = storable(event.get("user_id")), storable(event.get("group_id"))
    text, named = _words(event.get("message"), own)
    wanted = not group or named or account.settings.get("listen") == "all"
    if not sender or sender == own or not wanted:
        return []
    number = storable(event.get("message_id"))
    until = float(event["time"]) + REPLY_WINDOW
    context = {"group": group, "msg_id": number} if group else {"msg_id": number}
    return [Inbound(f"{own}:{group}:{number}", sender, "text" if text else "other", text, until, context)]


def _words(message: object, own: str) -> tuple[str, bool]:
    """The text of a message in either form, and whether it names the account."""
    if isinstance(message, str):
        named = any(kind == "at" and f"qq={own}" in params.split(",") for kind, params in CODE.findall(message))
        return storable(_unescaped(CODE.sub("", message))), named
    segments = message if isinstance(message, list) else [message]
    texts, named = [], False
    for segment in segments:
        data = segment.get("data") if isinstance(segment, Mapping) else None
        if isinstance(segment, Mapping) and isinstance(data, Mapping):
            texts.append(str(data.get("text") or "") if segment.get("type") == "text" else "")
            named = named or (segment.get("type") == "at" and str(data.get("qq")) == own)
    return storable("".join(texts)), named


def _unescaped(text: str) -> str:
    return text.replace("&#91;", "[").replace("&#93;", "]").replace("&amp;", "&")


def _notice(event: Mapping[str, Any], own: str, dedupe: str) -> list[Event]:
    group, about = storable(event.get("group_id")), str(event.get("user_id", ""))
    if not group or about not in (own, "0"):
        return []
    match event.get("notice_type"), event.get("sub_type"), about == own:
        case "group_increase", _, True:
            return [TargetChanged(dedupe, group, "joined")]
        case "group_decrease", _, True:
            return [TargetChanged(dedupe, group, "left")]
        case "group_ban", "ban", _:
            return [TargetChanged(dedupe, group, "muted")]
        case "group_ban", "lift_ban", _:
            return [TargetChanged(dedupe, group, "unmuted")]
    return []
