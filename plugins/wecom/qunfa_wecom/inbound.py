"""What the platform pushes: verified, decrypted and read. Nothing here asks the network or the database."""

from __future__ import annotations

from collections.abc import Mapping

from qunfa_wecom.opening import Refusal, fields, opened, ways
from saas.channels import Account, AccountChanged, ApprovalChanged, CallbackReply, CallbackRequest, Event, Inbound, TargetChanged

ANSWER_SECONDS = 5.0  # so long the platform waits for the answer to a push, and only an app has one
JOINED = frozenset({"add_external_contact", "add_half_external_contact"})
LEFT = frozenset({"del_external_contact", "del_follow_user"})
REFUSED = CallbackReply(403, b"")
_OF_KIND: Mapping[str, type[Event]] = {"app": Inbound}
OF_APPROVALS = ("SpNo", "SpStatus", "StatuChangeEvent")
MESSAGES = frozenset({"text", "image", "voice", "video", "location", "link"})


def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Answer the platform: the plain echo to its check of the address, ``success`` to what it pushes, 403 to anybody else."""
    try:
        plain = opened(ways(account), request)
        if request.method == "GET":
            return CallbackReply(200, plain)
        message = fields(plain, *OF_APPROVALS)
    except Refusal:
        return REFUSED
    answerable = request.now + ANSWER_SECONDS if account.kind == "app" else 0.0
    events = _chat(message) if account.kind == "groups" else _events(message, answerable)
    return CallbackReply(events=tuple(_own(account, message, events) if account.portal else events))


def _own(account: Account, message: Mapping[str, str], events: list[Event]) -> list[Event]:
    """Of an app that several accounts of one corp share, each has its own: members write to the app, customers come and go."""
    if message.get("AuthCorpId", account.credentials.get("corp_id")) != account.credentials.get("corp_id"):
        return []
    mine = _OF_KIND.get(account.kind, TargetChanged)
    return [event for event in events if isinstance(event, mine)]


def _events(message: Mapping[str, str], answerable: float) -> list[Event]:
    kind = message.get("Event") or message.get("InfoType") or ""
    if kind == "change_external_contact":
        return _contact(message)
    if kind in ("cancel_auth", "change_auth", "reset_permanent_code"):
        return _authorisation(message, kind)
    if kind == "sys_approval_change" and message.get("SpNo"):
        parts = (kind, message["SpNo"], message["StatuChangeEvent"], message["SpStatus"], message.get("CreateTime", ""))
        return [ApprovalChanged(":".join(parts), message["SpNo"])]
    if message.get("MsgType") in MESSAGES:
        return [_message(message, answerable)]
    return []


def _contact(message: Mapping[str, str]) -> list[Event]:
    customer, change = message.get("ExternalUserID", ""), message.get("ChangeType", "")
    if not customer or change not in JOINED | LEFT:
        return []
    when = message.get("CreateTime") or message.get("TimeStamp", "")
    dedupe = ":".join((change, message.get("UserID", ""), customer, when))
    return [TargetChanged(dedupe, customer, "joined" if change in JOINED else "left")]


def _chat(message: Mapping[str, str]) -> list[Event]:
    """News of customer groups, and of the authorisation. What customers do is no news of their groups.

    Of a group that is made or changes (owner, name, who comes and goes) nothing is kept: the next planning asks the platform.
    """
    kind, chat = message.get("Event") or message.get("InfoType") or "", message.get("ChatId", "")
    if kind != "change_external_chat":
        return [event for event in _events(message, 0.0) if isinstance(event, AccountChanged)]
    if not chat or message.get("ChangeType") != "dismiss":
        return []
    when = message.get("CreateTime") or message.get("TimeStamp", "")
    return [TargetChanged(f"dismiss:{chat}:{when}", chat, "left")]


def _authorisation(message: Mapping[str, str], kind: str) -> list[Event]:
    dedupe = ":".join((kind, message.get("AuthCorpId", ""), message.get("TimeStamp") or message.get("CreateTime", "")))
    return [AccountChanged(dedupe, "rights_changed" if kind == "change_auth" else "revoked", kind)]


def _message(message: Mapping[str, str], answerable: float) -> Inbound:
    sender, kind = message.get("FromUserName", ""), message["MsgType"]
    dedupe = message.get("MsgId") or f"{sender}:{message.get('CreateTime', '')}"
    context = {"agent_id": message.get("AgentID", ""), "media_id": message.get("MediaId", "")}
    return Inbound(dedupe, sender, kind, message.get("Content", ""), answerable, {k: v for k, v in context.items() if v})
