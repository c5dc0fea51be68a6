"""The rehearsal of own systems and of both bots: signatures, keys, limits of pace and size, on one port."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from qunfa_webhook import signatures
from saas.channels.simulator import Effect, Enrolled, Enrolment, Simulator, Stage

MINUTE, KEYS, AN_HOUR = timedelta(minutes=1), timedelta(hours=24), 3600.0
FRESH, LARGEST = 300.0, 20 * 1024
FEISHU_MINUTE, DINGTALK_MINUTE = 100, 20
STATUSES = range(400, 600)


class Hooks(Simulator):
    """As many systems and groups as are enrolled. ``busy``: the own system asks for patience."""

    name = "webhook"
    knobs = frozenset({"busy"})

    def routes(self, stage: Stage) -> Sequence[web.AbstractRouteDef]:
        """One endpoint a protocol, and what a person does."""
        self._stage = stage
        return [
            web.post("/own/{id}", self._own),
            web.post("/open-apis/bot/v2/hook/{token}", self._feishu),
            web.post("/robot/send", self._dingtalk),
            web.post("/play/say", self._say),
        ]

    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        """The same account for the same key. The id of a bot is its token."""
        secret, token = _digest(enrolment.key, "secret")[:32], _digest(enrolment.key, "token")[:36]
        record = {"kind": enrolment.kind, "name": enrolment.name, "secret": secret}
        if enrolment.kind == "own":
            id = "own-" + token[:12]
            settings = {"url": f"{address}/own/{id}", "simulated": True, "per_minute": "600"}
            return Enrolled(id, {"secret": secret}, settings, record)
        return Enrolled(token, {"token": token, "secret": secret}, {"base_url": address, "simulated": True}, record)

    def error(self, code: str) -> web.Response:
        """Three digits are an own system's status; five or fewer a code of Feishu; the rest one of DingTalk. ValueError."""
        number = int(code)
        if number in STATUSES:
            return web.json_response({}, status=number, headers={"Retry-After": "7"} if number == 429 else {})
        name, text = ("code", "msg") if 999 < number < 100_000 else ("errcode", "errmsg")
        return web.json_response({name: number, text: "refused"})

    def account_of(self, request: web.Request) -> str:
        """By the address."""
        found: str = request.match_info.get("id") or request.match_info.get("token") or request.query.get("access_token", "")
        return found

    async def _own(self, request: web.Request) -> web.Response:
        id, raw, now = request.match_info["id"], await request.read(), self._stage.now()
        record = self._stage.accounts.get(id)
        stamp, key = request.headers.get("X-Qunfa-Timestamp", ""), request.headers.get("Idempotency-Key", "")
        if record is None:
            return self.error("404")
        right = signatures.own(record["secret"], stamp, raw)
        fresh = stamp.isdigit() and abs(now.timestamp() - int(stamp)) <= FRESH
        if not fresh or not signatures.same(request.headers.get("X-Qunfa-Signature", ""), right):
            return self.error("401")
        if record.get("busy"):
            return self.error("429")
        known = next((one for one in self._sent(id) if key and one.key == key and now - _at(one) < KEYS), None)
        effect = known or self._stage.effect(id, "post", 1, key, secrets.token_hex(8), text=raw.decode()[:200])
        return web.json_response({"id": effect.platform_id, "ok": True})

    async def _feishu(self, request: web.Request) -> web.Response:
        token, raw = request.match_info["token"], await request.read()
        record, told = self._stage.accounts.get(token), _read(raw)
        if record is None or record["kind"] != "feishu":
            return self.error("19001")
        stamp = str(told.get("timestamp", ""))
        if not self._within_the_hour(stamp, 1) or told.get("sign") != signatures.feishu(record["secret"], stamp):
            return self.error("19021")
        if len(raw) > LARGEST or told.get("msg_type") not in ("text", "post") or not told.get("content"):
            return self.error("9499")
        if self._full(token, FEISHU_MINUTE):
            return self.error("11232")
        self._stage.effect(token, "post", 1, "", "", text=raw.decode()[:200])
        return web.json_response({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    async def _dingtalk(self, request: web.Request) -> web.Response:
        token, stamp, raw = request.query.get("access_token", ""), request.query.get("timestamp", ""), await request.read()
        record, told = self._stage.accounts.get(token), _read(raw)
        if record is None or record["kind"] != "dingtalk":
            return self.error("300005")
        if not self._within_the_hour(stamp, 1000) or request.query.get("sign") != signatures.dingtalk(record["secret"], stamp):
            return self.error("310000")
        if len(raw) > LARGEST or told.get("msgtype") not in ("text", "link"):
            return self.error("460101")
        if self._full(token, DINGTALK_MINUTE):
            return self.error("130101")
        self._stage.effect(token, "post", 1, "", "", text=raw.decode()[:200])
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    async def _say(self, request: web.Request) -> web.Response:
        """A person answers, or a message's end is told: ``{"account", "from", "text"}`` or ``{"account", "key", "status"}``."""
        told = await request.json()
        account = told.pop("account")
        body, stamp = json.dumps({"id": secrets.token_hex(8), **told}, ensure_ascii=False).encode(), str(int(time.time()))
        sign = signatures.own(self._stage.accounts[account]["secret"], stamp, body)
        self._stage.push(account, {}, body, {"X-Qunfa-Timestamp": stamp, "X-Qunfa-Signature": sign})
        return web.json_response({})

    def _sent(self, account: str) -> list[Effect]:
        return self._stage.effects_of(account, "post")

    def _full(self, account: str, most: int) -> bool:
        now = self._stage.now()
        return sum(now - _at(one) < MINUTE for one in self._sent(account)[-most:]) >= most

    def _within_the_hour(self, stamp: str, a_second: int) -> bool:
        return stamp.isdigit() and abs(self._stage.now().timestamp() - int(stamp) / a_second) <= AN_HOUR


def _at(effect: Effect) -> datetime:
    return datetime.fromisoformat(effect.at)


def _read(raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _digest(key: str, what: str) -> str:
    return hashlib.sha256(f"webhook/{what}/{key}".encode()).hexdigest()
