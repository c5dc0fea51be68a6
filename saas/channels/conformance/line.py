"""The account's line as the kit gives it to hooks: a real HTTP session whose calls are counted, tokens, memory, pictures."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from saas.channels.conformance.theatre import Theatre
from saas.channels.http import Answer, Http, dumps
from saas.channels.message import Picture
from saas.channels.platform import NotSent

TIMEOUT = 8.0
SIDE = 8


class Counted(Http):
    """An HTTP session that counts its calls: what the simulator heard beyond them came by another way. ``said``: their words."""

    def __init__(self, timeout: float) -> None:
        super().__init__(connections=16, timeout=timeout)
        self.calls = 0
        self.said: list[str] = []

    async def _ask(
        self, method: str, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None, data: Any
    ) -> Answer:
        self.calls += 1
        body = data.decode(errors="replace") if isinstance(data, bytes) else ""
        self.said.append(f"{url} {dict(params or {})} {body}")
        return await super()._ask(method, url, params, headers, data)

    async def converse(
        self, url: str, message: Any, answers: Callable[[Any], bool], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A conversation is one call."""
        self.calls += 1
        self.said.append(f"{url} {dumps(message).decode()}")
        return await super().converse(url, message, answers, headers)


class Line:
    """One account's line; what the hook asked for is kept to be looked at."""

    def __init__(self, theatre: Theatre, timeout: float = TIMEOUT) -> None:
        self.http = Counted(timeout)
        self.tokens: dict[str, str] = {}
        self.memory: dict[str, str] = {}
        self.pictures: dict[str, bytes] = {}
        self._theatre, self._lock = theatre, asyncio.Lock()

    def now(self) -> datetime:
        """The stage's time, which a check may move on."""
        return self._theatre.server.stage.now()

    async def token(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]], stale: str = "") -> str:
        """As the core keeps tokens: one fetch at a time, replaced when refused."""
        async with self._lock:
            if name not in self.tokens or self.tokens[name] == stale:
                self.tokens[name], _ = await fetch()
            return self.tokens[name]

    async def go_ahead(self) -> None:
        """Nobody stops anything here."""

    async def granted_token(self, stale: str = "") -> str:
        """The kit plays accounts with credentials of their own."""
        raise NotSent("no portal")

    async def withdrawn(self, code: str, detail: str) -> None:
        """Nothing was granted."""

    async def recall_memory(self, key: str) -> str | None:
        """What was remembered."""
        return self.memory.get(key)

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        """Remember it."""
        self.memory[key] = value

    async def exchange(self, key: str, old: str, new: str, seconds: float | None = None) -> bool:
        """Remember it where ``old`` was remembered."""
        known = self.memory.get(key, "") == old
        if known:
            self.memory[key] = new
        return known

    async def picture(self, sha256: str) -> bytes:
        """A picture the kit made. KeyError for any other."""
        return self.pictures[sha256]

    def made(self, seed: str) -> Picture:
        """A small picture that the line knows."""
        data = png(seed)
        sha256 = hashlib.sha256(data).hexdigest()
        self.pictures[sha256] = data
        return Picture(sha256, "image/png", SIDE, SIDE, len(data), f"{sha256[:8]}.png")


def png(seed: str) -> bytes:
    """A valid picture whose bytes depend on the seed."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes(SIDE * (1 + 3 * SIDE)))
    note = chunk(b"tEXt", b"seed\0" + seed.encode().ljust(64, b"."))
    return b"\x89PNG\r\n\x1a\n" + head + note + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
