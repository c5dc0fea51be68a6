"""What the platform pushes: verified, decrypted and read. Nothing here asks the network or the database."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from qunfa_wecom.crypto import BadCipher, decrypt, signed
from saas.channels import Account, AccountChanged, ApprovalChanged, CallbackReply, CallbackRequest, Event, Inbound, TargetChanged

STALE_SECONDS = 300
ANSWER_SECONDS = 5.0  # so long the platform waits for the answer to a push, and only an app has one
BODY_LIMIT = 256 * 1024
JOINED = frozenset({"add_external_contact", "add_half_external_contact"})
LEFT = frozenset({"del_external_contact", "del_follow_user"})
REFUSED = CallbackReply(403, b"")
OF_APPROVALS = ("SpNo", "SpStatus", "StatuChangeEvent")
MESSAGES = frozenset({"text", "image", "voice", "video", "location", "link"})


class _Refusal(Exception):
    """The request is not the platform's, or too old, or not meant for this account."""


def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Answer the platform: the plain echo to its check of the address, ``success`` to what it pushes, 403 to anybody else."""
    try:
        if request.method == "GET":
            plain = _opened(account, request, request.query.get("echostr", ""))
            return CallbackReply(200, plain)
        message = _fields(_opened(account, request, _fields(request.body).get("Encrypt", "")))
    except _Refusal:
        return REFUSED
    answerable = request.now + ANSWER_SECONDS if account.kind == "app" else 0.0
    return CallbackReply(events=tuple(_events(message, answerable)))


def _opened(account: Account, request: CallbackRequest, encrypted: str) -> bytes:
    token, aes_key = account.credentials.get("callback_token", ""), account.credentials.get("aes_key", "")
    timestamp, nonce = request.query.get("timestamp", ""), request.query.get("nonce", "")
    if not token or not aes_key or not encrypted:
        raise _Refusal
    if not signed(token, timestamp, nonce, encrypted, request.query.get("msg_signature", "")):
        raise _Refusal
    if not timestamp.isdecimal() or abs(request.now - int(timestamp)) > STALE_SECONDS:
        raise _Refusal
    try:
        message, receiver = decrypt(aes_key, encrypted)
    except BadCipher as error:
        raise _Refusal from error
    if receiver not in _receivers(account):
        raise _Refusal
    return message


def _receivers(account: Account) -> set[str]:
    """The corp itself; the suite, where a provider's app is told of its authorisations."""
    ids = {account.credentials.get("corp_id", ""), str(account.settings.get("suite_id") or "")}
    return ids - {""}


def _fields(body: bytes) -> dict[str, str]:
    """The leaves of a flat XML document by name."""
    if len(body) > BODY_LIMIT:
        raise _Refusal
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise _Refusal from error
    fields = {child.tag: (child.text or "") for child in root}
    info = root.find("ApprovalInfo")
    return fields if info is None else {**fields, **{name: info.findtext(name) or "" for name in OF_APPROVALS}}


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


def _authorisation(message: Mapping[str, str], kind: str) -> list[Event]:
    dedupe = ":".join((kind, message.get("AuthCorpId", ""), message.get("TimeStamp") or message.get("CreateTime", "")))
    return [AccountChanged(dedupe, "rights_changed" if kind == "change_auth" else "revoked", kind)]


def _message(message: Mapping[str, str], answerable: float) -> Inbound:
    sender, kind = message.get("FromUserName", ""), message["MsgType"]
    dedupe = message.get("MsgId") or f"{sender}:{message.get('CreateTime', '')}"
    context = {"agent_id": message.get("AgentID", ""), "media_id": message.get("MediaId", "")}
    return Inbound(dedupe, sender, kind, message.get("Content", ""), answerable, {k: v for k, v in context.items() if v})
