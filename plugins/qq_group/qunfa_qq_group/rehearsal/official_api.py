"""The official API v2 as the platform answers it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from qunfa_qq_group.rehearsal.play import Play
from qunfa_qq_group.rehearsal.tally import Pace, Tally
from qunfa_qq_group.wording import URL, registered
from saas.channels.simulator import Stage

TOKEN_SECONDS, OVERLAP = 7200, 60
FILE_SECONDS, FILE_BYTES = 259200, 20 * 1024 * 1024
GROUP_MINUTE, GROUP_DAY, BOT_MINUTE, BOT_MINUTE_CERTIFIED = 20, 1000, 30, 60
PER_SECOND = {"all": 100, "files": 50, "recall": 10}
PASSIVE_SECONDS, PASSIVE_MOST = 300, 5
RECALL_SECONDS, TEXT_CHARS, AUDIT_SECONDS = 120, 20000, 1.0
PICTURE_HEADS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")
WORDS = {
    "429": "request too frequent",
    "11244": "invalid access token", "11265": "bot has been banned", "11298": "接口访问源IP不在白名单",
    "100016": "invalid appid or secret",
    "100007": "appid invalid", "40034100": "主动消息超过限额", "40034101": "机器人非群成员", "40034105": "主动消息失败, 无权限",
    "40034102": "主动消息失败, 无权限", "40054002": "机器人被禁言", "40054007": "消息长度超限", "40054010": "不允许发送url",
    "40034005": "消息 ID 已过期", "40034128": "被动消息超过时限或次数", "40054005": "消息被去重",
    "40064004": "撤回消息超过时限", "40061001": "消息不存在", "50006": "消息为空",
    "850026": "富媒体文件格式不支持", "850027": "file_info 无效或已过期",
    "850019": "富媒体文件过大", "304023": "push message is waiting for audit now",
}  # fmt: skip
UNAUTHORIZED = ("11241", "11242", "11243", "11244", "11298", "11265")
Handler = Callable[[web.Request, str, dict[str, Any]], Awaitable[web.Response]]


class OfficialApi:
    """Tokens, groups, media, messages, recall."""

    def __init__(self, stage: Stage, tally: Tally, play: Play) -> None:
        self._stage, self._tally, self._play, self._pace = stage, tally, play, Pace(stage)
        self._owners = {t["value"]: name for name, record in stage.accounts.items() for t in record.get("tokens") or ()}

    def routes(self) -> list[web.RouteDef]:
        """The platform's endpoints."""
        group = "/v2/groups/{group}"
        return [
            web.post("/app/getAppAccessToken", self._token),
            web.get("/gateway", self._entered(self._gateway)),
            web.get("/users/@me", self._entered(self._myself)),
            web.get(group + "/info", self._entered(self._info)),
            web.get(group + "/bot_state", self._entered(self._state)),
            web.post(group + "/files", self._entered(self._files)),
            web.post(group + "/messages", self._entered(self._messages)),
            web.delete(group + "/messages/{message}", self._entered(self._recall)),
        ]

    @staticmethod
    def refuse(code: str, status: int = 0) -> web.Response:
        """The platform's error body; the status as the platform gives it with this code."""
        number = int(code)
        body = {"message": WORDS.get(code, "error"), "code": number, "err_code": number, "trace_id": secrets.token_hex(16)}
        fit = 200 if code.startswith("1000") else 401 if code in UNAUTHORIZED else 400
        return web.json_response(body, status=status or fit)

    def owner(self, request: web.Request) -> str:
        """The bot whose token the request carries, valid or not, or ""."""
        return self._owners.get(request.headers.get("Authorization", "").removeprefix("QQBot "), "")

    async def _token(self, request: web.Request) -> web.Response:
        asked = await _object(request)
        app_id = str(asked.get("appId", ""))
        record = self._stage.accounts.get(app_id)
        if not record or record.get("secret") != asked.get("clientSecret"):
            return self.refuse("100016")
        if record.get("banned"):
            return self.refuse("100007")
        token = self._current(app_id, record)
        left = int(token["until"] - self._stage.timestamp())
        return web.json_response({"access_token": token["value"], "expires_in": str(left)})

    def _current(self, app_id: str, record: dict[str, Any]) -> dict[str, Any]:
        """The same token until its last minute; then a new one, beside which the old one works a minute more."""
        now = self._stage.timestamp()
        alive = [token for token in record.get("tokens", []) if token["until"] > now]
        if alive and alive[-1]["until"] - now > OVERLAP:
            return dict(alive[-1])
        fresh = {"value": secrets.token_urlsafe(48), "until": now + TOKEN_SECONDS}
        record["tokens"] = [{**token, "until": now + OVERLAP} for token in alive] + [fresh]
        self._owners[fresh["value"]] = app_id
        self._stage.save()
        return fresh

    def _entered(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Token, standing, IP list, membership: asked before every call."""

        async def entered(request: web.Request) -> web.Response:
            account = self.owner(request)
            record = self._stage.accounts.get(account, {})
            value = request.headers.get("Authorization", "").removeprefix("QQBot ")
            if not any(t["value"] == value and t["until"] > self._stage.timestamp() for t in record.get("tokens", [])):
                return self.refuse("11244")
            if self._too_fast(account, request):
                return self.refuse("429", 429)
            if record.get("banned"):
                return self.refuse("11265")
            if record.get("ip_list") and request.remote not in record["ip_list"]:
                return self.refuse("11298")
            if "group" in request.match_info and not _member(record, request.match_info["group"]):
                return self.refuse("40034101")
            return await handler(request, account, record)

        return entered

    def _too_fast(self, account: str, request: web.Request) -> bool:
        names = ["all", *(["recall"] if request.method == "DELETE" else ["files"] if request.path.endswith("/files") else [])]
        return sum(self._pace.over(account, name, PER_SECOND[name]) for name in names) > 0

    async def _gateway(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        return web.json_response({"url": "wss://simulated.invalid/websocket"})

    async def _myself(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        return web.json_response({"id": account, "username": record["name"], "avatar": "", "bot": True})

    async def _info(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        group = _member(record, request.match_info["group"]) or {}
        return web.json_response({"group_openid": group["id"], "group_name": group["title"], "group_member_num": group["people"]})

    async def _state(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        allowed = request.match_info["group"] not in record["switched_off"]
        return web.json_response({"allow_proactive_msg": allowed, "recv_msg_setting": "only_mention", "member_role": "member"})

    async def _files(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        asked = await _object(request)
        try:
            data = base64.b64decode(str(asked.get("file_data", "")), validate=True)
        except ValueError:
            data = b""
        if asked.get("file_type") != 1 or not data.startswith(PICTURE_HEADS):
            return self.refuse("850026")
        if len(data) > FILE_BYTES:
            return self.refuse("850019")
        info = secrets.token_urlsafe(24)
        files = {name: until for name, until in record["files"].items() if until > self._stage.timestamp()}
        record["files"] = {**files, f"{request.match_info['group']}:{info}": self._stage.timestamp() + FILE_SECONDS}
        self._stage.save()
        return web.json_response({"file_uuid": secrets.token_hex(16), "file_info": info, "ttl": FILE_SECONDS})

    async def _messages(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        asked, group = await _object(request), request.match_info["group"]
        text = str(asked.get("content") or "")
        if asked.get("msg_id"):
            return self._passive(account, record, group, asked, text)
        if code := self._fault(account, record, group, asked, text):
            return self.refuse(code)
        if record.get("audit"):
            return self._review(account, group, text, str(record["audit"]))
        message_id = self._show(account, group, text)
        return web.json_response(self._answer(record, message_id))

    def _passive(self, account: str, record: dict[str, Any], group: str, asked: dict[str, Any], text: str) -> web.Response:
        """An answer to a message: within 5 minutes, five times, each number once. No quota of active messages is used."""
        heard = record.get("heard", {}).get(str(asked["msg_id"]))
        if not heard or heard["group"] != group or heard["at"] + PASSIVE_SECONDS <= self._stage.timestamp():
            return self.refuse("40034005")
        if int(asked.get("msg_seq") or 1) in heard["answers"]:
            return self.refuse("40054005")
        if len(heard["answers"]) >= PASSIVE_MOST:
            return self.refuse("40034128")
        if group in record["muted"]:
            return self.refuse("40054002")
        if not text.strip():
            return self.refuse("50006")
        heard["answers"].append(int(asked.get("msg_seq") or 1))
        self._stage.save()
        message_id = f"ROBOT1.0_{secrets.token_urlsafe(18)}"
        self._tally.replied(account, group, message_id, text, str(asked["msg_id"]))
        return web.json_response(self._answer(record, message_id))

    def _show(self, account: str, group: str, text: str) -> str:
        message_id = f"ROBOT1.0_{secrets.token_urlsafe(18)}"
        self._tally.sent(account, group, message_id, text)
        return message_id

    def _answer(self, record: dict[str, Any], message_id: str) -> dict[str, Any]:
        if record.get("old_answers"):
            return {"id": message_id, "timestamp": self._stage.timestamp()}
        return {
            "id": message_id,
            "timestamp": self._stage.now().isoformat(),
            "ext_info": {"ref_idx": f"REFIDX_{secrets.token_hex(8)}"},
        }

    def _fault(self, account: str, record: dict[str, Any], group: str, asked: dict[str, Any], text: str) -> str:
        """The code of what is wrong with an active message, or ""."""
        media = asked.get("msg_type") == 7
        if group in record["switched_off"]:
            return "40034105"
        if group in record["muted"]:
            return "40054002"
        if not media and not text.strip():
            return "50006"
        if len(text) > TEXT_CHARS:
            return "40054007"
        domains = record["allowed_domains"]
        if domains and not all(registered(url, domains) for url in URL.findall(text)):
            return "40054010"
        if media and not self._known_file(record, group, asked):
            return "850027"
        return "40034100" if self._over(account, record, group) else ""

    def _known_file(self, record: dict[str, Any], group: str, asked: dict[str, Any]) -> bool:
        media = asked.get("media")
        info = media.get("file_info") if isinstance(media, dict) else ""
        return bool(record["files"].get(f"{group}:{info}", 0) > self._stage.timestamp())

    def _over(self, account: str, record: dict[str, Any], group: str) -> bool:
        most = BOT_MINUTE_CERTIFIED if record.get("certified") else BOT_MINUTE
        return (
            self._tally.in_window(account, group, "minute") >= GROUP_MINUTE
            or self._tally.in_window(account, group, "day") >= GROUP_DAY
            or self._tally.in_window(account, "", "minute") >= most
        )

    def _review(self, account: str, group: str, text: str, verdict: str) -> web.Response:
        """HTTP 202 and a later event; the message is seen when it passes."""
        audit = secrets.token_hex(12)

        async def decide() -> None:
            told = {"audit_id": audit, "group_openid": group}
            if verdict == "pass":
                self._play.push(account, "MESSAGE_AUDIT_PASS", {**told, "message_id": self._show(account, group, text)})
            elif verdict == "reject":
                self._play.push(account, "MESSAGE_AUDIT_REJECT", told)

        self._stage.later(AUDIT_SECONDS, decide)
        body = {"code": 304023, "message": WORDS["304023"], "data": {"message_audit": {"audit_id": audit}}}
        return web.json_response(body, status=202)

    async def _recall(self, request: web.Request, account: str, record: dict[str, Any]) -> web.Response:
        group, message_id = request.match_info["group"], request.match_info["message"]
        sent = self._tally.mine(account, group, message_id)
        if not sent:
            return self.refuse("40061001")
        if self._tally.age(sent) > RECALL_SECONDS:
            return self.refuse("40064004")
        if message_id not in self._tally.recalled:
            self._tally.taken_back(account, group, message_id)
        return web.json_response({})


def _member(record: dict[str, Any], group: str) -> dict[str, Any] | None:
    if group in record.get("gone", ()):
        return None
    return next((known for known in record.get("groups", ()) if known["id"] == group), None)


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
