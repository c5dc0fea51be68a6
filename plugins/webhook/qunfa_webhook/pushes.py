"""What an own system pushes back, signed as we sign: a reply of a person, or what became of a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qunfa_webhook import signatures
from saas.channels import Account, CallbackReply, CallbackRequest, Event, Inbound, Progress, Progressed

FRESH = 300.0
LONGEST = 256 * 1024
REFUSED, MALFORMED = CallbackReply(status=403, body=b"refused"), CallbackReply(status=400, body=b"malformed")


def read(account: Account, request: CallbackRequest) -> CallbackReply:
    """403 for what cannot be verified or is older than five minutes; 400 for what cannot be read. Bots push nothing."""
    secret, stamp = account.credentials.get("secret", ""), request.headers.get("x-qunfa-timestamp", "")
    if account.kind != "own" or not secret or not (stamp.isascii() and stamp.isdigit()):
        return REFUSED
    if abs(request.now - int(stamp)) > FRESH or len(request.body) > LONGEST:
        return REFUSED
    if not signatures.same(request.headers.get("x-qunfa-signature", ""), signatures.own(secret, stamp, request.body)):
        return REFUSED
    try:
        told = json.loads(request.body)
        return CallbackReply(events=(_event(told),))
    except (ValueError, KeyError, TypeError, RecursionError):
        return MALFORMED


def _event(told: Mapping[str, Any]) -> Event:
    """``{"id", "from", "text"}`` or ``{"id", "key", "status": delivered | failed, "reason"}``."""
    dedupe = _text(told["id"])
    if "status" not in told:
        return Inbound(dedupe, _text(told["from"]), "text", _text(told["text"]))
    good = {"delivered": True, "failed": False}[told["status"]]
    progress = Progress(int(good), int(not good), final=True, code=_text(told["status"]), reason=_text(told.get("reason") or ""))
    return Progressed(dedupe, progress, "key", _text(told["key"]))


def _text(value: Any) -> str:
    """Text as a database takes it: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str | int):
        raise TypeError("neither text nor a number")
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "")
