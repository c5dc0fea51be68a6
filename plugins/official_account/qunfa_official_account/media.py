"""Pictures on their way to the platform: uploaded once an account, remembered by the hash of their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from qunfa_official_account.client import Client
from saas.channels.http import Upload

AT_ONCE = 4
JPEG, PNG, GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"
IMAGE, MATERIAL = "image:", "material:"


class NoPicture(Exception):
    """The message names a picture that nobody has; the text is its hash."""


async def addresses(client: Client, hashes: Iterable[str]) -> dict[str, str]:
    """The platform's address of each body picture, by hash."""
    return await _each(hashes, lambda sha: _known(client, IMAGE + sha, lambda: _body_picture(client, sha)))


async def materials(client: Client, hashes: Iterable[str]) -> dict[str, str]:
    """The media id of each cover or single picture in the account's permanent library, by hash."""
    return await _each(hashes, lambda sha: _known(client, MATERIAL + sha, lambda: _material(client, sha)))


async def forget_materials(client: Client, hashes: Iterable[str]) -> None:
    """The library no longer has these (somebody cleaned it): upload them anew next time."""
    for sha in hashes:
        await client.platform.remember(MATERIAL + sha, "", 1)


async def _each(hashes: Iterable[str], find: Callable[[str], Awaitable[str]]) -> dict[str, str]:
    wanted, gate = list(dict.fromkeys(hashes)), asyncio.Semaphore(AT_ONCE)

    async def one(sha: str) -> str:
        async with gate:
            return await find(sha)

    found = await asyncio.gather(*(one(sha) for sha in wanted), return_exceptions=True)
    for answer in found:
        if isinstance(answer, BaseException):
            raise answer
    return {sha: str(answer) for sha, answer in zip(wanted, found, strict=True)}


async def _known(client: Client, name: str, upload: Callable[[], Awaitable[str]]) -> str:
    found = await client.platform.recall_memory(name)
    if not found:
        found = await upload()
        await client.platform.remember(name, found)
    return found


async def _body_picture(client: Client, sha: str) -> str:
    answer = await client.upload("/cgi-bin/media/uploadimg", await _file(client, sha))
    return str(answer["url"])


async def _material(client: Client, sha: str) -> str:
    answer = await client.upload("/cgi-bin/material/add_material", await _file(client, sha), "image")
    return str(answer["media_id"])


async def _file(client: Client, sha: str) -> Upload:
    try:
        data = await client.platform.picture(sha)
    except KeyError:
        raise NoPicture(sha) from None
    mime = next((m for magic, m in ((JPEG, "image/jpeg"), (PNG, "image/png"), (GIF, "image/gif")) if data.startswith(magic)), "")
    return Upload(f"{sha[:16]}.{(mime or 'image/bin').removeprefix('image/')}", data, mime or "application/octet-stream")
