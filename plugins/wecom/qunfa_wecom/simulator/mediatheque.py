"""Media: uploads, their sizes and kinds, and how long the platform keeps them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.journal import Journal
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

MB = 1024 * 1024
SIZES = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
URL_SIZE = 2 * MB
THREE_DAYS = 3 * 86_400
URLS_A_DAY = 1_000
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class Mediatheque:
    """Every file the corps have uploaded, by media id; the bytes are not kept."""

    def __init__(self, stage: Stage, journal: Journal) -> None:
        self._stage, self._journal = stage, journal
        self._media: dict[str, tuple[str, str, int]] = {}
        self._urls = Counter[tuple[str, int]]()

    def replay(self, line: Mapping[str, Any]) -> None:
        """Take up a line of the journal."""
        if line["what"] == "media":
            self._media[line["id"]] = (line["corp"], line["use"], line["at"])
        elif line["what"] == "url":
            self._urls[line["corp"], line["day"]] += 1

    async def upload(self, ask: Ask) -> Mapping[str, Any]:
        """``media/upload?type=``: kept three days, shared in the corp."""
        kind = ask.request.query.get("type", "")
        if kind not in SIZES:
            raise Refusal(40004)
        await self._file(ask.request, SIZES[kind], kind == "image")
        return self._kept(ask, kind, "message")

    async def upload_attachment(self, ask: Ask) -> Mapping[str, Any]:
        """``media/upload_attachment``: for moments (attachment_type 1)."""
        kind = ask.request.query.get("media_type", "")
        if kind not in ("image", "video", "file") or ask.request.query.get("attachment_type") not in ("1", "2"):
            raise Refusal(40004)
        await self._file(ask.request, SIZES[kind], kind == "image")
        return self._kept(ask, kind, "moments")

    async def uploadimg(self, ask: Ask) -> Mapping[str, Any]:
        """``media/uploadimg``: a picture for good, 1 000 a day."""
        day = (self._stage.timestamp() + 8 * 3_600) // 86_400
        if self._urls[ask.corp.id, day] >= URLS_A_DAY:
            raise Refusal(45009)
        data = await self._file(ask.request, URL_SIZE, True)
        self._urls[ask.corp.id, day] += 1
        self._journal.write("url", corp=ask.corp.id, day=day)
        digest = hashlib.sha256(ask.corp.id.encode() + data).hexdigest()[:32]
        return {"url": f"https://wework.qpic.cn/wwpic/{digest}/0"}

    def require(self, corp: str, media_id: Any, use: str) -> None:
        """40007 unless the corp has uploaded it for this use in the last three days."""
        owner, kept_for, at = self._media.get(str(media_id), ("", "", 0))
        if owner != corp or kept_for != use or at + THREE_DAYS <= self._stage.timestamp():
            raise Refusal(40007)

    def _kept(self, ask: Ask, kind: str, use: str) -> Mapping[str, Any]:
        now = self._stage.timestamp()
        digest = hashlib.sha256(f"{ask.corp.id}:{len(self._media)}:{now}".encode()).hexdigest()
        media_id = f"3{digest[:40]}"
        self._media[media_id] = (ask.corp.id, use, now)
        self._journal.write("media", corp=ask.corp.id, id=media_id, use=use, at=now)
        return {"type": kind, "media_id": media_id, "created_at": str(now)}

    async def _file(self, request: web.Request, most: int, picture: bool) -> bytes:
        return await read_file(request, most, picture)


async def read_file(request: web.Request, most: int, picture: bool) -> bytes:
    """The part ``media`` of a multipart request; it must be over 5 bytes, within its size, and a picture where one is due."""
    if not request.content_type.startswith("multipart/"):
        raise Refusal(44001)
    part = (await request.post()).get("media")
    if not isinstance(part, web.FileField):
        raise Refusal(44001)
    data = part.file.read()
    if len(data) <= 5:
        raise Refusal(44001)
    if len(data) > most:
        raise Refusal(45001)
    if picture and not data.startswith(MAGIC):
        raise Refusal(40004)
    return data
