"""What people do on the platform: an owner turns a switch, a member speaks, a bot is added or removed.

``POST /play/switch`` {account, group, on}, ``/play/say`` {account, group, text}, ``/play/leave`` and ``/play/join``
{account, group}. Each changes the record and pushes the event, signed as the platform signs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from qunfa_qq_group.rehearsal.enrolment import digest
from qunfa_qq_group.signature import ed25519, hmac_sha1
from saas.channels.simulator import Stage


class Play:
    """The people's side of the stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._number = 0

    def routes(self) -> list[web.RouteDef]:
        """The play endpoints."""
        return [
            web.post("/play/switch", self._switch),
            web.post("/play/say", self._say),
            web.post("/play/leave", self._leave),
            web.post("/play/join", self._join),
        ]

    def push_group_event(self, account: str, group: str, name: str) -> None:
        """Push an event about a group."""
        moment = self._stage.timestamp()
        self.push(account, name, {"group_openid": group, "op_member_openid": digest(group, "owner")[:32], "timestamp": moment})

    def push(self, account: str, name: str, data: Mapping[str, Any]) -> None:
        """Push an official event, signed with Ed25519 over time and body."""
        self._number += 1
        moment = str(self._stage.timestamp())
        payload = {"id": f"{name}:{digest(f'{account}{moment}{self._number}', 'event')[:24]}", "op": 0, "d": data, "t": name}
        body = json.dumps({**payload, "s": self._number}, ensure_ascii=False).encode()
        secret = str(self._stage.accounts[account]["secret"])
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "QQBot-Callback",
            "X-Bot-Appid": account,
            "X-Signature-Timestamp": moment,
            "X-Signature-Ed25519": ed25519(secret, moment.encode() + body),
        }
        self._stage.push(account, {}, body, headers)

    def push_onebot(self, account: str, event: Mapping[str, Any]) -> None:
        """Push a OneBot event with its HMAC."""
        body = json.dumps({"time": self._stage.timestamp(), "self_id": int(account), **event}, ensure_ascii=False).encode()
        secret = str(self._stage.accounts[account]["secret"])
        headers = {"Content-Type": "application/json", "X-Self-ID": account, "X-Signature": hmac_sha1(secret, body)}
        self._stage.push(account, {}, body, headers)

    async def _switch(self, request: web.Request) -> web.Response:
        told = await request.json()
        self._mark(told, "switched_off", not told["on"])
        self.push_group_event(told["account"], told["group"], "GROUP_MSG_RECEIVE" if told["on"] else "GROUP_MSG_REJECT")
        return web.json_response({})

    async def _leave(self, request: web.Request) -> web.Response:
        return await self._moved(request, True, "GROUP_DEL_ROBOT", "group_decrease")

    async def _join(self, request: web.Request) -> web.Response:
        return await self._moved(request, False, "GROUP_ADD_ROBOT", "group_increase")

    async def _moved(self, request: web.Request, gone: bool, official: str, onebot: str) -> web.Response:
        told = await request.json()
        self._mark(told, "gone", gone)
        if self._stage.accounts[told["account"]]["kind"] == "official":
            self.push_group_event(told["account"], told["group"], official)
        else:
            notice = {"post_type": "notice", "notice_type": onebot, "sub_type": "kick_me" if gone else "approve"}
            self.push_onebot(told["account"], {**notice, "group_id": int(told["group"]), "user_id": int(told["account"])})
        return web.json_response({})

    async def _say(self, request: web.Request) -> web.Response:
        told = await request.json()
        account, group, text = told["account"], told["group"], told["text"]
        self._number += 1
        if self._stage.accounts[account]["kind"] == "official":
            author = {"member_openid": digest(group, "member")[:32]}
            heard = {"id": f"ROBOT1.0_in{self._number}", "content": f" {text}", "timestamp": self._stage.now().isoformat()}
            self.push(account, "GROUP_AT_MESSAGE_CREATE", {**heard, "author": author, "group_openid": group})
        else:
            at = {"type": "at", "data": {"qq": account}}
            words = [at, {"type": "text", "data": {"text": text}}]
            spoken = {"post_type": "message", "message_type": "group", "sub_type": "normal", "message_id": self._number}
            self.push_onebot(account, {**spoken, "group_id": int(group), "user_id": 10001, "message": words})
        return web.json_response({})

    def _mark(self, told: Mapping[str, Any], name: str, there: bool) -> None:
        record = self._stage.accounts[told["account"]]
        rest = [group for group in record.get(name, []) if group != told["group"]]
        record[name] = [*rest, told["group"]] if there else rest
        self._stage.save()
