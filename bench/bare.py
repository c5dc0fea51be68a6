"""The baseline of sending: the same client and JSON in a loop, the same bodies, the same number at once, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Self

import aiohttp
import orjson

from bench.channel import body_for
from bench.row import Segment, Stopwatch

KEY = "0" * 32


class Bare:
    """An aiohttp session and so many tasks that post as fast as they can."""

    def __init__(self, url: str, at_once: int) -> None:
        self._url, self._at_once = url, at_once

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=30), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def run(self, count: int) -> Segment:
        """Post ``count`` template messages."""
        watch, numbers = Stopwatch(), iter(range(count))
        await asyncio.gather(*(self._post_all(numbers) for _ in range(self._at_once)))
        return watch.stop(count)

    async def _post_all(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            data = {"first": f"客户{number}，您好", "keyword1": f"{number} 分", "remark": "本月积分已到账"}
            body = orjson.dumps(body_for(f"o{number:027}", data, KEY))
            assert orjson.loads(await self.post(body))["errcode"] == 0

    async def post(self, body: bytes) -> bytes:
        """Post one body; the answer's bytes."""
        async with self._session.post(self._url, data=body, headers={"Content-Type": "application/json"}) as answer:
            return await answer.read()
