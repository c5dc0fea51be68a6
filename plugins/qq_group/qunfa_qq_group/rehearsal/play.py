"""What people do on the platform: an owner turns a switch, a member speaks, a bot is added or removed.

``POST /play/switch`` {account, group, on}, ``/play/say`` {account, group, text}, ``/play/leave`` and ``/play/join``
{account, group}. OneBot: ``/play/recall`` {account, group, message} (an administrator takes a message back), ``/play/offline``
{account, group} (QQ throws the account out), ``/play/hang_up`` {account, group} (its connections end). Each changes the record
and pushes the event, signed as the platform signs.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from qunfa_qq_group.rehearsal.enrolment import digest
from qunfa_qq_group.rehearsal.lines import Lines
from qunfa_qq_group.signature import ed25519, hmac_sha1
from saas.channels.simulator import Stage

Scene = Callable[[dict[str, Any], dict[str, Any]], Awaitable[None]]


class Play:
    """The people's side of the stage."""

    def __init__(self, stage: Stage, lines: Lines) -> None:
        self._stage, self._lines = stage, lines
        self._number = 0

    def routes(self) -> list[web.RouteDef]:
        """The play endpoints."""
        return [
            web.post("/play/switch", self._played(self._switch)),
            web.post("/play/say", self._played(self._say)),
            web.post("/play/leave", self._played(self._leave)),
            web.post("/play/join", self._played(self._join)),
            web.post("/play/recall", self._played(self._recall)),
            web.post("/play/offline", self._played(self._offline)),
            web.post("/play/hang_up", self._played(self._hang_up)),
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
        """Push a OneBot event with its HMAC, and tell it to whoever listens on a WebSocket."""
        told = {"time": self._stage.timestamp(), "self_id": int(account), **event}
        self._stage.later(0.0, lambda: self._lines.tell(account, told))
        body = json.dumps(told, ensure_ascii=False).encode()
        secret = str(self._stage.accounts[account]["secret"])
        headers = {"Content-Type": "application/json", "X-Self-ID": account, "X-Signature": hmac_sha1(secret, body)}
        self._stage.push(account, {}, body, headers)

    async def _switch(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        self._mark(told, "switched_off", not told["on"])
        self.push_group_event(told["account"], told["group"], "GROUP_MSG_RECEIVE" if told["on"] else "GROUP_MSG_REJECT")

    async def _leave(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        self._moved(told, record, True)

    async def _join(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        self._moved(told, record, False)

    def _moved(self, told: dict[str, Any], record: dict[str, Any], gone: bool) -> None:
        account, group = told["account"], told["group"]
        self._mark(told, "gone", gone)
        if record["kind"] == "official":
            self.push_group_event(account, group, "GROUP_DEL_ROBOT" if gone else "GROUP_ADD_ROBOT")
            return
        names = ("group_decrease", "kick_me") if gone else ("group_increase", "approve")
        notice = {"post_type": "notice", "notice_type": names[0], "sub_type": names[1]}
        self.push_onebot(account, {**notice, "group_id": int(group), "user_id": int(account)})

    async def _say(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        account, group, text = told["account"], told["group"], told["text"]
        unique = secrets.randbelow(2**31 - 1) + 1
        if record["kind"] == "official":
            author = {"member_openid": digest(group, "member")[:32]}
            heard = {"id": f"ROBOT1.0_{unique}", "content": f" {text}", "timestamp": self._stage.now().isoformat()}
            record.setdefault("heard", {})[heard["id"]] = {"group": group, "at": self._stage.timestamp(), "answers": []}
            self._stage.save()
            self.push(account, "GROUP_AT_MESSAGE_CREATE", {**heard, "author": author, "group_openid": group})
            return
        words = [{"type": "at", "data": {"qq": account}}, {"type": "text", "data": {"text": text}}]
        spoken = {"post_type": "message", "message_type": "group", "sub_type": "normal", "message_id": unique}
        self.push_onebot(account, {**spoken, "group_id": int(group), "user_id": 10001, "message": words})

    async def _recall(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        about = {"group_id": int(told["group"]), "user_id": int(told["account"]), "operator_id": 10002}
        self.push_onebot(
            told["account"], {"post_type": "notice", "notice_type": "group_recall", "message_id": told["message"], **about}
        )

    async def _offline(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        record["online"] = False
        self._stage.save()
        notice = {"post_type": "notice", "notice_type": "bot_offline", "user_id": int(told["account"])}
        self.push_onebot(told["account"], {**notice, "tag": "账号下线", "message": "请重新登录"})

    async def _hang_up(self, told: dict[str, Any], record: dict[str, Any]) -> None:
        await self._lines.leave(told["account"])

    def _played(self, scene: Scene) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A scene for an account and a group that exist; 422 names what is missing or unknown."""

        async def played(request: web.Request) -> web.Response:
            told = await request.json()
            record = self._stage.accounts.get(str(told.get("account")))
            if not record or told.get("group") not in [group["id"] for group in record["groups"]]:
                return web.json_response({"error": "no such account or group"}, status=422)
            try:
                await scene(told, record)
            except KeyError as missing:
                return web.json_response({"error": f"{missing} is missing"}, status=422)
            return web.json_response({})

        return played

    def _mark(self, told: Mapping[str, Any], name: str, there: bool) -> None:
        record = self._stage.accounts[told["account"]]
        rest = [group for group in record.get(name, []) if group != told["group"]]
        record[name] = [*rest, told["group"]] if there else rest
        self._stage.save()
