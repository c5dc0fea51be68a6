"""How the platform answers: HTTP 200 always, ``errcode`` and ``errmsg`` in the body and in the headers."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

WORDS = {
    -1: "system busy",
    40001: "invalid credential",
    40004: "invalid media type",
    40007: "invalid media_id",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    40077: "invalid pre_auth_code",
    40078: "invalid auth_code",
    40080: "invalid suite_secret",
    40082: "invalid suite_token",
    40083: "invalid suite_id",
    40084: "invalid permanent_code",
    40085: "invalid suite_ticket",
    40091: "secret is invalid",
    40096: "invalid external userid",
    41001: "access_token missing",
    41044: "groupmsg already finished",
    41048: "no customer to send",
    41059: "missing moment_id",
    41060: "invalid moment_id",
    41061: "moment not belong to user",
    41062: "moment not published",
    41063: "groupmsg is dispatching",
    41064: "too many attachments",
    41065: "invalid attachment type",
    42001: "access_token expired",
    42009: "suite_access_token expired",
    44001: "empty media data",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45008: "article count out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    47001: "data format error, Warning: wrong json format.",
    48002: "api forbidden",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    81013: "user & party & tag all invalid",
    81017: "too many users, use owner_filter",
    82001: "All touser & toparty & totag are empty",
    84074: "no permission to external contact",
    86001: "chatid invalid",
    86003: "chat not exist",
    86005: "chat owner invalid",
    86006: "chat member count invalid",
    86007: "chat member invalid",
    86215: "chatid already exist",
    93000: "invalid webhook url",
    301002: "not allow to operate this agent",
    301025: "get approval param error",
}


class Refusal(Exception):
    """The platform refuses with ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def refusal(code: int) -> web.Response:
    """An error as the platform writes it, with its hint and its link."""
    word = WORDS.get(code, "error")
    hint = f"hint: [{int(time.time())}_1_{secrets.token_hex(8)}], from ip: 127.0.0.1"
    text = f"{word}, {hint}, more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
    return _answer({"errcode": code, "errmsg": text}, code, word)


def granted(body: Mapping[str, Any]) -> web.Response:
    """A success."""
    return _answer({"errcode": 0, "errmsg": "ok", **body}, 0, "ok")


def _answer(body: Mapping[str, Any], code: int, word: str) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {"Error-Code": str(code), "Error-Msg": word}
    return web.Response(text=text, content_type="application/json", headers=headers)
