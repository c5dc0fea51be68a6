"""Pictures: body pictures (an address) and permanent material (a media id). Ids prove themselves, so they outlive a restart."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from aiohttp import web

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.world import Answer, Call

MEGABYTE = 1024 * 1024
MATERIAL_LIMIT = 10 * MEGABYTE
MAGIC = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF8", "bmp": b"BM"}
HOSTED = ("http://mmbiz.qpic.cn/", "https://mmbiz.qpic.cn/")


def body_picture(call: Call) -> Answer:
    """``media/uploadimg``: jpg or png under 1 MB."""
    form = picture_format(call.data)
    if form not in ("jpeg", "png"):
        raise Err(40005)
    if len(call.data) >= MEGABYTE:
        raise Err(40009)
    name = hashlib.sha256(call.app_id.encode() + call.data).hexdigest()
    return {"url": f"http://mmbiz.qpic.cn/mmbiz_{form}/{name}/0?from=appmsg&wx_fmt={form}", "errcode": 0, "errmsg": "ok"}


def material(call: Call) -> Answer:
    """``material/add_material``: a picture up to 10 MB."""
    if call.query.get("type") not in ("image", "thumb"):
        raise Err(40004)
    if not picture_format(call.data):
        raise Err(40005)
    if len(call.data) > MATERIAL_LIMIT:
        raise Err(40006)
    name = hashlib.sha256(call.data).hexdigest()[:40]
    return {"media_id": f"{name}{_proof(call.app_id, name)}", "url": f"http://mmbiz.qpic.cn/mmbiz_material/{name}/0"}


class Hosted:
    """The platform's picture host: what was uploaded is served at its address again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def body_picture(self, call: Call) -> Answer:
        """``media/uploadimg``, kept."""
        answer = body_picture(call)
        self._keep(answer["url"].split("/")[4], call.data)
        return answer

    def material(self, call: Call) -> Answer:
        """``material/add_material``, kept."""
        answer = material(call)
        self._keep(answer["url"].split("/")[4], call.data)
        return answer

    async def serve(self, request: web.Request) -> web.Response:
        """The bytes of a picture."""
        file = self._folder / request.match_info["name"]
        if not file.is_file():
            return web.Response(status=404)
        return web.Response(body=file.read_bytes(), content_type="application/octet-stream")

    def _keep(self, name: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_bytes(data)


def is_material(call: Call, media_id: str) -> bool:
    """Whether the id was given to this account and its picture was not removed since."""
    name, proof = media_id[:40], media_id[40:]
    return hmac.compare_digest(proof, _proof(call.app_id, name)) and media_id not in call.record.get("removed_media", ())


def picture_format(data: bytes) -> str:
    """jpeg, png, gif, bmp by the first bytes, or ""."""
    return next((form for form, magic in MAGIC.items() if data.startswith(magic)), "")


def _proof(app_id: str, name: str) -> str:
    return hmac.new(app_id.encode(), name.encode(), "sha256").hexdigest()[:24]
