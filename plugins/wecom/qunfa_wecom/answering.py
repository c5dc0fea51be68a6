"""The answer to a push that says something to the member who wrote to the app: the passive reply, sealed like the push."""

from __future__ import annotations

import secrets
from xml.sax.saxutils import escape

from qunfa_wecom.crypto import encrypt, signature
from qunfa_wecom.opening import ways
from saas.channels import Account, CallbackReply, CallbackRequest, Inbound, Message

XML = "application/xml; charset=utf-8"


def answer(account: Account, request: CallbackRequest, event: Inbound, message: Message) -> CallbackReply:
    """Text, or one article card for a link."""
    corp, stamp = account.credentials.get("corp_id", ""), str(int(request.now))
    head = _tag("ToUserName", event.sender) + _tag("FromUserName", corp) + f"<CreateTime>{stamp}</CreateTime>"
    keys = ways(account)[0]
    sealed = encrypt(keys.aes_key, f"<xml>{head}{_content(message)}</xml>".encode(), corp)
    nonce = secrets.token_hex(8)
    signed = signature(keys.token, stamp, nonce, sealed)
    outer = _tag("Encrypt", sealed) + _tag("MsgSignature", signed) + f"<TimeStamp>{stamp}</TimeStamp>" + _tag("Nonce", nonce)
    return CallbackReply(body=f"<xml>{outer}</xml>".encode(), content_type=XML)


def _content(message: Message) -> str:
    link = message.link
    if link is None:
        return _tag("MsgType", "text") + _tag("Content", message.text)
    parts = (("Title", link.title), ("Description", link.description), ("PicUrl", ""), ("Url", link.url))
    card = "".join(_tag(name, value) for name, value in parts)
    return _tag("MsgType", "news") + f"<ArticleCount>1</ArticleCount><Articles><item>{card}</item></Articles>"


def _tag(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"
