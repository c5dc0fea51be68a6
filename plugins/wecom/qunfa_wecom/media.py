"""Pictures on the platform: uploaded once per account, remembered by their hash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from qunfa_wecom.line import Line
from saas.channels import Message, Picture
from saas.channels.http import Upload

THREE_DAYS = 3 * 86_400.0
MARGIN = 6 * 3_600.0
SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


async def permanent_url(line: Line, picture: Picture) -> str:
    """The platform's address of the picture (media/uploadimg), for good."""

    async def upload() -> str:
        return str((await line.upload("media/uploadimg", await _file(line, picture)))["url"])

    return await _once(line, f"url:{picture.sha256}", upload)


async def media_id(line: Line, picture: Picture) -> str:
    """A media id of the picture (media/upload), which the platform keeps for three days."""

    async def upload() -> str:
        return _id(await line.upload("media/upload", await _file(line, picture), {"type": "image"}))

    return await _once(line, f"media:{picture.sha256}", upload, THREE_DAYS - MARGIN)


async def moments_media_id(line: Line, picture: Picture) -> str:
    """A media id of the picture for moments (media/upload_attachment), kept for three days."""
    params = {"media_type": "image", "attachment_type": "1"}

    async def upload() -> str:
        return _id(await line.upload("media/upload_attachment", await _file(line, picture), params))

    return await _once(line, f"moments:{picture.sha256}", upload, THREE_DAYS - MARGIN)


async def forget(line: Line, message: Message) -> None:
    """Forget the media ids of the message's pictures: the platform has dropped one early."""
    for picture in message.pictures():
        for use in ("media", "moments"):
            await line.platform.remember(f"{use}:{picture.sha256}", "", 1.0)


async def _once(line: Line, key: str, upload: Callable[[], Awaitable[str]], seconds: float | None = None) -> str:
    known = await line.platform.recall_memory(key)
    if known:
        return known
    value = await upload()
    await line.platform.remember(key, value, seconds)
    return value


async def _file(line: Line, picture: Picture) -> Upload:
    name = f"{picture.sha256[:16]}.{SUFFIX.get(picture.mime, 'jpg')}"
    return Upload(name, await line.platform.picture(picture.sha256), picture.mime)


def _id(answer: dict[str, Any]) -> str:
    return str(answer["media_id"])
