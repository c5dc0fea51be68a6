"""What a OneBot server pushes: messages to the account, groups that come, go, mute and unmute, and signs of being thrown out."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from qunfa_qq_group.signature import hmac_sha1
from qunfa_qq_group.wording import storable
from saas.channels import Account, AccountChanged, CallbackReply, CallbackRequest, Event, Inbound, TargetChanged

STALE = 300.0
# The protocol sets no end to replies; after a week an answer is no reply any more.
REPLY_WINDOW = 7 * 86400.0
OFFLINE = (
    "QQ 号已离线，可能被强制下线。请用手机登录查看，确认正常后恢复 / "
    "the account is offline, perhaps thrown out by QQ. Look at it on a phone, then let it go on"
)
TAKEN_BACK = "本号的一条消息被群管理员撤回 / a message of this account was taken back by an administrator of the group"
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
    return CallbackReply(204, b"", events=events_of(account, event, own))


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


def events_of(account: Account, event: Mapping[str, Any], own: str) -> tuple[Event, ...]:
    """What an event tells, however it came: pushed and heard it has the same name."""
    match event.get("post_type"):
        case "message":
            return tuple(_spoken(account, event, own))
        case "notice":
            return tuple(_notice(event, own))
        case "meta_event":
            return tuple(_standing(event, own))
    return ()


def _standing(event: Mapping[str, Any], own: str) -> list[Event]:
    """A heartbeat that says that the account is not online; once a minute, as long as it is so."""
    status = event.get("status")
    if event.get("meta_event_type") != "heartbeat" or not isinstance(status, Mapping) or status.get("online") is not False:
        return []
    return [AccountChanged(f"offline:{own}:{int(event['time']) // 60}", "at_risk", OFFLINE)]


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


def _taken_back(event: Mapping[str, Any], own: str, group: str) -> Inbound:
    """An administrator has taken a message of ours back: nobody is answered, somebody should know."""
    number, who = storable(event.get("message_id")), storable(event.get("operator_id"))
    return Inbound(f"recalled:{own}:{group}:{number}", who, "recalled", TAKEN_BACK, 0.0, {"group": group, "msg_id": number})


def _unescaped(text: str) -> str:
    return text.replace("&#91;", "[").replace("&#93;", "]").replace("&amp;", "&")


def _notice(event: Mapping[str, Any], own: str) -> list[Event]:
    group, about = storable(event.get("group_id")), str(event.get("user_id", ""))
    dedupe = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:32]
    if event.get("notice_type") == "bot_offline" and about == own:
        return [AccountChanged(dedupe, "at_risk", OFFLINE)]
    if not group or about not in (own, "0"):
        return []
    match event.get("notice_type"), event.get("sub_type"), about == own:
        case "group_recall", _, True if str(event.get("operator_id")) != own:
            return [_taken_back(event, own, group)]
        case "group_increase", _, True:
            return [TargetChanged(dedupe, group, "joined")]
        case "group_decrease", _, True:
            return [TargetChanged(dedupe, group, "left")]
        case "group_ban", "ban", _:
            return [TargetChanged(dedupe, group, "muted")]
        case "group_ban", "lift_ban", _:
            return [TargetChanged(dedupe, group, "unmuted")]
    return []
