"""Group robots: a key, a group, 20 messages a minute, no message id."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from qunfa_wecom.simulator.mediatheque import MAGIC, MB, read_file
from qunfa_wecom.simulator.pages import words
from qunfa_wecom.simulator.replies import Refusal, granted, refusal
from saas.channels.simulator import Stage

A_MINUTE = 20
TEXT, MARKDOWN = 2_048, 4_096
ARTICLES = 8
FILE_SIZES = {"file": 20 * MB, "voice": 2 * MB}


class Robots:
    """The webhooks; what they posted is in the log of effects."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def send(self, request: web.Request) -> web.StreamResponse:
        """``webhook/send?key=``."""
        try:
            key = self._key(request)
            body = json.loads(await request.read())
            kind = _checked(body)
            self._allow(key)
        except Refusal as no:
            return refusal(no.code)
        except (ValueError, TypeError, AttributeError):
            return refusal(47001)
        self._stage.effect(key, "robot", 1, "", "", msgtype=kind, text=words(body[kind]))
        return granted({})

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """``webhook/upload_media?key=&type=``."""
        try:
            self._key(request)
            kind = request.query.get("type", "")
            if kind not in FILE_SIZES:
                raise Refusal(40004)
            await read_file(request, FILE_SIZES[kind], False)
        except Refusal as no:
            return refusal(no.code)
        return granted({"type": kind, "media_id": "3" + secrets.token_hex(20), "created_at": str(self._stage.timestamp())})

    def _key(self, request: web.Request) -> str:
        key = request.query.get("key", "")
        if self._stage.accounts.get(key, {}).get("kind") != "robot":
            raise Refusal(93000)
        return key

    def _allow(self, key: str) -> None:
        now, recent = self._stage.now().timestamp(), 0
        for effect in reversed(self._stage.effects_of(key, "robot")):
            if now - datetime.fromisoformat(effect.at).timestamp() >= 60:
                break
            recent += 1
        if recent >= A_MINUTE:
            raise Refusal(45009)


def _checked(body: Mapping[str, Any]) -> str:
    """The message's kind, when the platform would take it."""
    kind = str(body.get("msgtype", ""))
    content = body.get(kind) or {}
    match kind:
        case "text" | "markdown" | "markdown_v2":
            size = len(str(content.get("content", "")).encode())
            if not 0 < size <= (TEXT if kind == "text" else MARKDOWN):
                raise Refusal(45002 if size else 44001)
        case "news":
            articles = content.get("articles") or []
            if not 1 <= len(articles) <= ARTICLES:
                raise Refusal(45008)
            if not all(article.get("title") and article.get("url") for article in articles):
                raise Refusal(40058)
        case "image":
            _picture(content)
        case _:
            raise Refusal(40058)
    return kind


def _picture(content: Mapping[str, Any]) -> None:
    try:
        data = base64.b64decode(str(content.get("base64", "")), validate=True)
    except binascii.Error:
        raise Refusal(40058) from None
    if len(data) > 2 * MB or not data.startswith(MAGIC):
        raise Refusal(45001 if data.startswith(MAGIC) else 40004)
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != content.get("md5"):
        raise Refusal(40058)
