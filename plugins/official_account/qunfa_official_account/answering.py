"""The answer to a push that says something to who wrote: the passive reply, sealed in safe mode and in the push's own form."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from qunfa_official_account.callback import as_called
from qunfa_official_account.crypto import seal, signature
from saas.channels import Account, CallbackReply, CallbackRequest, Inbound, Message

XML, JSON = "application/xml; charset=utf-8", "application/json; charset=utf-8"


def answer(account: Account, request: CallbackRequest, event: Inbound, message: Message) -> CallbackReply:
    """Text, or one article card for a link; sealed with the keys by which the platform pushes."""
    account = as_called(account)
    as_json = request.body.lstrip()[:1] == b"{"
    own = str(account.settings.get("gh_id") or event.context.get("to", ""))
    stamp = int(request.now)
    said = {"ToUserName": event.sender, "FromUserName": own, "CreateTime": stamp, **_content(message)}
    body = rendered(said, as_json)
    if account.credentials.get("aes_key"):
        body = _sealed(account, body, stamp, as_json)
    return CallbackReply(body=body, content_type=JSON if as_json else XML)


def _content(message: Message) -> dict[str, Any]:
    if message.link is None:
        return {"MsgType": "text", "Content": message.text}
    card = {"Title": message.link.title, "Description": message.link.description, "PicUrl": "", "Url": message.link.url}
    return {"MsgType": "news", "ArticleCount": 1, "Articles": {"item": card}}


def _sealed(account: Account, body: bytes, stamp: int, as_json: bool) -> bytes:
    keys, nonce = account.credentials, secrets.token_hex(8)
    sealed = seal(keys["aes_key"], keys.get("app_id", ""), body, secrets.token_bytes(16))
    signed = signature(keys.get("callback_token", ""), str(stamp), nonce, sealed)
    return rendered({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": stamp, "Nonce": nonce}, as_json)


def rendered(fields: Mapping[str, Any], as_json: bool) -> bytes:
    """The fields as the platform reads them."""
    if as_json:
        return json.dumps(fields, ensure_ascii=False).encode()
    return f"<xml>{_xml(fields)}</xml>".encode()


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
    return str(value) if isinstance(value, int) else f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"
