"""A OneBot v11 server as the protocol and two kinds of implementations answer."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from qunfa_qq_group.rehearsal.lines import Lines
from qunfa_qq_group.rehearsal.tally import Tally
from saas.channels.simulator import Stage

RECALL_SECONDS = 120
CODE = re.compile(r"\[CQ:[^\]]*\]")
KERNEL = "NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg ListenerName:NodeIKernelMsgListener/onMsgInfoListUpdate"
Params = dict[str, Any]
Action = Callable[[str, dict[str, Any], Params], web.Response]

# What each kind of server says of the same misfortune: (retcode, words).
TROUBLE: dict[str, dict[str, tuple[int, str]]] = {
    "standard": {
        "params": (1400, "bad request"), "group": (100, "group not found"), "muted": (100, "muted in this group"),
        "silent": (102, "timeout"), "message": (100, "message not found"), "recall": (100, "recall refused"),
    },
    "go-cqhttp": {
        "params": (100, "EMPTY_MSG_ERROR"), "group": (100, "GROUP_NOT_FOUND"), "muted": (100, "SEND_MSG_API_ERROR"),
        "silent": (100, "SEND_MSG_API_ERROR"), "message": (100, "MESSAGE_NOT_FOUND"), "recall": (100, "RECALL_API_ERROR"),
    },
    "napcat": {
        "params": (1400, "参数错误"), "group": (1200, "群不存在"),
        "muted": (1200, f'EventChecker Failed: {KERNEL} EventRet:\n{{\n    "result": 120,\n    "errMsg": ""\n}}\n'),
        "silent": (1200, f'Timeout: {KERNEL} EventRet:\n{{\n    "result": 0,\n    "errMsg": ""\n}}\n'),
        "message": (1200, "消息不存在"), "recall": (1200, "Recall failed"),
    },
    "lagrange": {
        "params": (200, ""), "group": (200, ""), "muted": (120, ""), "silent": (0, ""), "message": (404, ""), "recall": (404, ""),
    },
}  # fmt: skip


def succeeded(data: Any) -> web.Response:
    """The protocol's good answer."""
    return web.json_response({"status": "ok", "retcode": 0, "data": data, "message": "", "wording": "", "echo": None})


def failed(code: int, words: str) -> web.Response:
    """The protocol's failed answer, with the words under every key that servers use."""
    body = {"status": "failed", "retcode": code, "data": None, "msg": words, "message": words, "wording": words, "echo": None}
    return web.json_response(body)


def queued() -> web.Response:
    """The protocol's answer of a call that runs later."""
    return web.json_response({"status": "async", "retcode": 1, "data": None})


class OneBotApi:
    """``/onebot/{account}/{action}``, by GET, form or JSON."""

    def __init__(self, stage: Stage, tally: Tally, lines: Lines) -> None:
        self._stage, self._tally, self._lines = stage, tally, lines
        self._actions: dict[str, Action] = {
            "send_group_msg": self._send, "send_group_msg_rate_limited": self._send,
            "send_private_msg": self._private, "delete_msg": self._delete,
            "get_group_list": self._groups, "get_group_info": self._group, "get_login_info": self._login,
            "get_status": self._status, "get_version_info": self._version, "get_msg": self._message,
        }  # fmt: skip

    def routes(self) -> list[web.RouteDef]:
        """One path for every action."""
        root = "/onebot/{account}"
        path = root + "/{action}"
        lines = [web.get(where, self._call) for where in (root, root + "/")]
        return [*lines, web.get(path, self._call), web.post(path, self._call)]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        account = request.match_info["account"]
        record, spoken = self._stage.accounts.get(account), web.WebSocketResponse().can_prepare(request).ok
        if not record or record.get("kind") != "onebot":
            return web.Response(status=404)
        if refused := _token_refusal(request, record):
            return await self._lines.refuse(request) if spoken and record["profile"] == "napcat" else refused
        name = request.match_info.get("action", "")
        if spoken and name in ("", "api", "event"):
            return await self._lines.hold(request, account, record, self._performed)
        if not self._action(name):
            return web.Response(status=404)
        params = await _params(request)
        if isinstance(params, int):
            return web.Response(status=params)
        return self._done(account, record, name, params)

    def _action(self, name: str) -> Action | None:
        return self._actions.get(name.removesuffix("_async"))

    def _done(self, account: str, record: dict[str, Any], name: str, params: Params) -> web.Response:
        answer = self._actions[name.removesuffix("_async")](account, record, params)
        return queued() if name.endswith("_async") and record["profile"] != "napcat" else answer

    def _performed(self, account: str, record: dict[str, Any], name: str, params: Any) -> dict[str, Any]:
        """An action asked for over a WebSocket: the same answer, with its own codes for what HTTP says by its status."""
        if not self._action(name):
            return {"status": "failed", "retcode": 404 if record["profile"] == "lagrange" else 1404, "data": None}
        answer = self._done(account, record, name, params if isinstance(params, dict) else {})
        told: dict[str, Any] = json.loads(answer.body if isinstance(answer.body, bytes) else b"{}")
        return told

    def _trouble(self, record: dict[str, Any], name: str) -> web.Response:
        return failed(*TROUBLE.get(record["profile"], TROUBLE["standard"])[name])

    def _send(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        group, words = str(params.get("group_id", "")), _shown(params.get("message"), params.get("auto_escape"))
        if not words:
            return self._trouble(record, "params")
        if not _in_group(record, group):
            return self._trouble(record, "group")
        if group in record["muted"]:
            return self._trouble(record, "muted")
        if record.get("silent"):
            return self._trouble(record, "silent")
        number = self._tally.next_number()
        if quoted := _quoted(params.get("message")):
            self._tally.replied(account, group, str(number), words, quoted)
        else:
            self._tally.sent(account, group, str(number), words)
        return queued() if record.get("queued") else succeeded({"message_id": number})

    def _private(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        person, words = str(params.get("user_id", "")), _shown(params.get("message"), params.get("auto_escape"))
        if not words or not person.isdigit():
            return self._trouble(record, "params")
        if record.get("silent"):
            return self._trouble(record, "silent")
        number = self._tally.next_number()
        self._tally.replied(account, "", str(number), words, person)
        return queued() if record.get("queued") else succeeded({"message_id": number})

    def _delete(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        name = str(params.get("message_id"))
        sent = self._tally.mine(account, "", name)
        if not sent or name in self._tally.recalled:
            return self._trouble(record, "message")
        if self._tally.age(sent) > RECALL_SECONDS and record.get("role") != "admin":
            return self._trouble(record, "recall")
        self._tally.taken_back(account, sent.group, name)
        return succeeded(None)

    def _groups(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        return succeeded([_described(group) for group in record["groups"] if group["id"] not in record["gone"]])

    def _group(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        found = _in_group(record, str(params.get("group_id", "")))
        return succeeded(_described(found)) if found else self._trouble(record, "group")

    def _login(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        return succeeded({"user_id": int(account), "nickname": record["name"]})

    def _status(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        online = bool(record.get("online", True))
        return succeeded({"online": online, "good": online})

    def _version(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        return succeeded({"app_name": "qunfa-rehearsal", "app_version": "1", "protocol_version": "v11"})

    def _message(self, account: str, record: dict[str, Any], params: Params) -> web.Response:
        name = str(params.get("message_id"))
        sent = self._tally.mine(account, "", name)
        if not sent or name in self._tally.recalled:
            return self._trouble(record, "message")
        sender, words = {"user_id": int(account), "nickname": record["name"]}, [{"type": "text", "data": {"text": sent.text}}]
        told = {"message_id": int(name), "real_id": int(name), "message_type": "group", "group_id": int(sent.group)}
        return succeeded({**told, "time": int(sent.at.timestamp()), "sender": sender, "message": words})


def _token_refusal(request: web.Request, record: dict[str, Any]) -> web.Response | None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("access_token", "")
    if hmac.compare_digest(given.encode(), str(record["token"]).encode()):
        return None
    if record["profile"] == "napcat":
        return web.json_response({"message": "token verify failed!"}, status=403)
    return web.Response(status=403 if given else 401)


async def _params(request: web.Request) -> Params | int:
    """Parameters from the query, a form or JSON; an HTTP status when the body cannot be read."""
    if request.method == "GET":
        return dict(request.query)
    if request.content_type == "application/x-www-form-urlencoded":
        return {name: str(value) for name, value in (await request.post()).items()}
    if request.content_type != "application/json":
        return 406
    try:
        value = json.loads(await request.text() or "{}")
    except ValueError:
        return 400
    return value if isinstance(value, dict) else 400


def _shown(message: Any, auto_escape: Any) -> str:
    """What the group would see of a message: a string with codes, one segment, or a list of segments."""
    if isinstance(message, str):
        if auto_escape in (True, "true", "1"):
            return message
        text = CODE.sub("[图片]", message)
        return text.replace("&#91;", "[").replace("&#93;", "]").replace("&amp;", "&")
    segments = message if isinstance(message, list) else [message]
    return "".join(_segment(segment) for segment in segments if isinstance(segment, dict))


def _quoted(message: Any) -> str:
    """The number of the message it answers, or ""."""
    segments = message if isinstance(message, list) else [message]
    quotes = [segment for segment in segments if isinstance(segment, dict) and segment.get("type") == "reply"]
    return str((quotes[0].get("data") or {}).get("id", "")) if quotes else ""


def _segment(segment: dict[str, Any]) -> str:
    data = segment.get("data") or {}
    kind = "flash" if data.get("type") == "flash" else segment.get("type")
    return str(data.get("text", "")) if kind == "text" else "" if kind == "reply" else f"[{kind}]"


def _in_group(record: dict[str, Any], group: str) -> dict[str, Any] | None:
    if group in record["gone"]:
        return None
    return next((known for known in record["groups"] if known["id"] == group), None)


def _described(group: dict[str, Any]) -> dict[str, Any]:
    return {
        "group_id": int(group["id"]), "group_name": group["title"], "member_count": group["people"], "max_member_count": 2000,
    }  # fmt: skip
