"""Customers who come and go, pushed to the product signed and encrypted, as the platform does it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from xml.sax.saxutils import escape

from aiohttp import web
from defusedxml.ElementTree import fromstring

from qunfa_wecom.crypto import decrypt, encrypt, signature, signed
from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.gate import Gate
from saas.channels.simulator import Stage

CHATS = ("create", "update", "dismiss")


class Pushes:
    """``POST /people/{corp}`` with ``{"change": "add"}`` or ``{"change": "leave", "index": N}``; of a corp of customer groups
    also ``"dismiss"`` with an index, ``"create"``, and ``"update"`` with the platform's ``UpdateDetail`` as ``detail``."""

    def __init__(self, stage: Stage, gate: Gate, over_suite: Callable[[str, dict[str, str]], bool]) -> None:
        self._stage, self._gate, self._over_suite = stage, gate, over_suite

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Let a customer come or go, and tell the product."""
        corp, body = self._gate.corp(request.match_info["corp"]), await request.json()
        if corp is None:
            return web.json_response({"error": "no such corp"}, status=404)
        record = dict(corp.record)
        if body.get("change") in CHATS:
            return self._chat_changed(corp, str(body["change"]), int(body.get("index", 0)), str(body.get("detail") or ""))
        if body.get("change") == "add":
            index, change = corp.size, "add_external_contact"
            record["audience_size"] = corp.size + 1
        else:
            index, change = int(body.get("index", 0)), "del_follow_user"
            record["left"] = sorted({*record.get("left", ()), index})
        self._stage.keep(corp.id, record)
        self._tell(corp, index, change)
        return web.json_response({"external_userid": corp.customer(index)})

    def _chat_changed(self, corp: Corp, change: str, index: int, detail: str) -> web.Response:
        """A customer group is made, changes or is dismissed."""
        index = corp.size if change == "create" else index
        chat, record = corp.chat(index), dict(corp.record)
        if change == "create":
            record["audience_size"] = corp.size + 1
        if change == "dismiss":
            record["left"] = sorted({*record.get("left", ()), index})
        self._stage.keep(corp.id, record)
        told = {"ChatId": chat, **({"UpdateDetail": detail, "MemChangeCnt": "1"} if change == "update" else {})}
        self._push(corp, {"Event": "change_external_chat", "ChangeType": change, **told})
        return web.json_response({"chat_id": chat})

    async def say(self, request: web.Request) -> web.StreamResponse:
        """``POST /people/{corp}/say`` {member, text}: a member writes to the app; what it answers at once is an effect."""
        corp, told = self._gate.corp(request.match_info["corp"]), await request.json()
        if corp is None or not told.get("member") or not told.get("text"):
            return web.json_response({"error": "no such corp, or nobody says nothing"}, status=422)
        member, number = str(told["member"]), str(secrets.randbelow(2**62))
        fields = {
            "ToUserName": corp.id, "FromUserName": member, "CreateTime": str(self._stage.timestamp()), "MsgType": "text",
            "Content": str(told["text"]), "MsgId": number, "AgentID": str(corp.record.get("agent_id", "")),
        }  # fmt: skip
        query, body = sealed(corp, fields, str(int(time.time())))
        self._stage.push(corp.id, query, body, {"Content-Type": "text/xml"}, lambda said: self._seen(corp, member, number, said))
        return web.json_response({"msgid": number})

    def _seen(self, corp: Corp, member: str, number: str, body: bytes) -> None:
        if body.strip() in (b"", b"success"):
            return
        told = {child.tag: child.text or "" for child in fromstring(body)}
        parts = (corp.record["callback_token"], told["TimeStamp"], told["Nonce"], told["Encrypt"], told["MsgSignature"])
        if not signed(*parts):
            return
        said = fromstring(decrypt(corp.record["aes_key"], told["Encrypt"])[0])
        text = said.findtext("Content") or said.findtext("Articles/item/Title") or ""
        self._stage.effect(corp.id, "reply", 1, member, number, text=text)

    def _tell(self, corp: Corp, index: int, change: str) -> None:
        told = {"ChangeType": change, "UserID": corp.owner(index), "ExternalUserID": corp.customer(index)}
        self._push(corp, {"Event": "change_external_contact", **told})

    def _push(self, corp: Corp, told: dict[str, str]) -> None:
        head = {"ToUserName": corp.id, "FromUserName": "sys", "CreateTime": str(self._stage.timestamp()), "MsgType": "event"}
        fields = {**head, **told}
        if self._over_suite(corp.id, {**fields, "InfoType": fields["Event"], "AuthCorpId": corp.id}):
            return
        query, body = sealed(corp, fields, str(self._stage.timestamp()))
        self._stage.push(corp.id, query, body, {"Content-Type": "text/xml"})


def sealed(corp: Corp, fields: dict[str, str], timestamp: str) -> tuple[dict[str, str], bytes]:
    """The query and the body of a push that carries ``fields``."""
    xml = "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items()) + "</xml>"
    return enclosed(corp, xml, timestamp)


def enclosed(corp: Corp, xml: str, timestamp: str) -> tuple[dict[str, str], bytes]:
    """The same of what is written as XML already."""
    encrypted = encrypt(corp.record["aes_key"], xml.encode(), corp.id)
    nonce = secrets.token_hex(6)
    sign = signature(corp.record["callback_token"], timestamp, nonce, encrypted)
    body = f"<xml><ToUserName>{corp.id}</ToUserName><AgentID></AgentID><Encrypt>{encrypted}</Encrypt></xml>"
    return {"msg_signature": sign, "timestamp": timestamp, "nonce": nonce}, body.encode()
