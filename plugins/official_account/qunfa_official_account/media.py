"""Pictures on their way to the platform: uploaded once an account, remembered by the hash of their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from qunfa_official_account.client import Client, needed
from saas.channels.http import Upload

AT_ONCE = 6  # as many as a browser opens to one host; the platform publishes no number
JPEG, PNG, GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"
IMAGE, MATERIAL = "image:", "material:"


class NoPicture(Exception):
    """The message names a picture that nobody has; the text is its hash."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The platform's address of each body picture, and the media id of each cover or single picture, by hash."""

    addresses: dict[str, str]
    materials: dict[str, str]


async def upload(client: Client, bodies: Iterable[str], materials: Iterable[str]) -> Uploaded:
    """Bring all pictures to the platform, a few at once. Raises Refusal, NotSent, NoPicture."""
    urls, media, gate = list(dict.fromkeys(bodies)), list(dict.fromkeys(materials)), asyncio.Semaphore(AT_ONCE)

    async def one(name: str, sha: str, send: Callable[[Client, str], Awaitable[str]]) -> str:
        async with gate:
            return await _known(client, name + sha, lambda: send(client, sha))

    jobs = [one(IMAGE, sha, _body_picture) for sha in urls] + [one(MATERIAL, sha, _material) for sha in media]
    found = await asyncio.gather(*jobs, return_exceptions=True)
    for answer in found:
        if isinstance(answer, BaseException):
            raise answer
    ids = [str(answer) for answer in found]
    return Uploaded(dict(zip(urls, ids, strict=False)), dict(zip(media, ids[len(urls) :], strict=True)))


async def forget_materials(client: Client, hashes: Iterable[str]) -> None:
    """The library no longer has these (somebody cleaned it): upload them anew next time."""
    for sha in hashes:
        await client.platform.remember(MATERIAL + sha, "", 1)


async def _known(client: Client, name: str, upload: Callable[[], Awaitable[str]]) -> str:
    found = await client.platform.recall_memory(name)
    if not found:
        found = await upload()
        await client.platform.remember(name, found)
    return found


async def _body_picture(client: Client, sha: str) -> str:
    answer = await client.upload("/cgi-bin/media/uploadimg", await _file(client, sha))
    return needed(answer, "url")


async def _material(client: Client, sha: str) -> str:
    answer = await client.upload("/cgi-bin/material/add_material", await _file(client, sha), "image")
    return needed(answer, "media_id")


async def _file(client: Client, sha: str) -> Upload:
    try:
        data = await client.platform.picture(sha)
    except KeyError:
        raise NoPicture(sha) from None
    mime = next((m for magic, m in ((JPEG, "image/jpeg"), (PNG, "image/png"), (GIF, "image/gif")) if data.startswith(magic)), "")
    return Upload(f"{sha[:16]}.{(mime or 'image/bin').removeprefix('image/')}", data, mime or "application/octet-stream")
