"""A rehearsal for each test: the real simulator on loopback, a real line to it, and a server that hears its pushes."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import struct
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from qunfa_official_account import plugin
from saas.channels import Account, Article, CallbackRequest, Delivery, Event, Message, Picture, Target, Template
from saas.channels.http import Http
from saas.channels.simulator import Enrolment, Fault
from saas.channels.simulator.server import Server

KEY = "0123456789abcdef0123456789abcdef"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


class Line:
    """A platform line for one account: shared token store with a lock, memory, pictures."""

    def __init__(self) -> None:
        self.http = Http()
        self.pictures: dict[str, bytes] = {}
        self.memory: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.fetched = 0
        self._lock = asyncio.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def token(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]], stale: str = "") -> str:
        async with self._lock:
            if name not in self.tokens or self.tokens[name] == stale:
                self.tokens[name], _ = await fetch()
                self.fetched += 1
            return self.tokens[name]

    async def go_ahead(self) -> None:
        """Nobody stops anything here."""

    async def recall_memory(self, key: str) -> str | None:
        return self.memory.get(key)

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        self.memory[key] = value

    async def picture(self, sha256: str) -> bytes:
        return self.pictures[sha256]


class Rehearsal:
    """Simulator, account, line and callback server, open while the block lasts."""

    def __init__(self, data: Any, kind: str = "subscription", people: int = 5000, **record: Any) -> None:
        self._data, self._enrolment = data, Enrolment("client-a", kind, "咖啡日课", people, "/callback/1")
        self._record = record
        self._news = asyncio.Event()
        self.events: list[Event] = []
        self.statuses: list[int] = []
        self.pushes: list[CallbackRequest] = []

    async def __aenter__(self) -> Rehearsal:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/callback/1", self._hear)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.server = Server(plugin.simulator(), self._data, f"http://127.0.0.1:{self._runner.addresses[0][1]}")
        address = await self.server.start()
        self.stage, self.line = self.server.stage, Line()
        enrolled = self.server.simulator.enrol(self._enrolment, address)
        self.app_id = enrolled.id
        known = self.stage.accounts.get(enrolled.id, {})
        about = {"key": self._enrolment.key, "callback_path": self._enrolment.callback_path, "finish_delay": 0.05}
        self.stage.keep(enrolled.id, {**enrolled.record, **known, **about, "template_delay": 0.05, **self._record})
        kind = self._enrolment.kind
        self.account = Account(1, "client-a", "official_account", kind, "咖啡日课", enrolled.credentials, dict(enrolled.settings))
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.line.http.close()
        await self.server.stop()
        await self._runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        heard = CallbackRequest(
            request.method,
            dict(request.query),
            {k.lower(): v for k, v in request.headers.items()},
            await request.read(),
            time.time(),
        )
        self.pushes.append(heard)
        reply = plugin.callback(self.account, heard)
        self.events.extend(reply.events)
        self.statuses.append(reply.status)
        self._news.set()
        return web.Response(status=reply.status, body=reply.body)

    def patch(self, **record: Any) -> None:
        self.stage.keep(self.app_id, {**self.stage.accounts[self.app_id], **record})

    def settings(self, **settings: Any) -> None:
        self.account = replace(self.account, settings={**self.account.settings, **settings})

    def credentials(self, **credentials: str) -> None:
        self.account = replace(self.account, credentials={**self.account.credentials, **credentials})

    def fault(self, name: str, path: str = "", value: str = "", times: int = 1) -> None:
        self.stage.faults.add(Fault(name, "", path, value, times))

    def effects(self, kind: str) -> list[Any]:
        return self.stage.effects_of(self.app_id, kind)

    async def send(self, message: Message, delivery: Delivery) -> Any:
        return await plugin.send(self.account, message, delivery, self.line)

    async def heard(self, count: int = 1) -> list[Event]:
        """Wait until so many events have come."""
        async with asyncio.timeout(10):
            while len(self.events) < count:
                self._news.clear()
                await self._news.wait()
        return self.events

    def picture(self, size: int = 400, mime: str = "image/png", seed: str = "") -> Picture:
        """A small real PNG, or bytes that begin like another format; known to the line."""
        data = png(seed or str(len(self.line.pictures)), size) if mime == "image/png" else b"GIF89a" + bytes(size)
        sha = hashlib.sha256(data).hexdigest()
        self.line.pictures[sha] = data
        return Picture(sha, mime, 8, 8, len(data), f"{sha[:8]}.png")

    def articles(self, count: int = 1, pictures: int = 1) -> Message:
        """Articles with covers and pictures in their bodies."""
        return Message("articles", tuple(self._article(number, pictures) for number in range(count)))

    def _article(self, number: int, pictures: int) -> Article:
        inside = tuple(self.picture() for _ in range(pictures))
        body = "".join(f'<p>正文<img src="media:{p.sha256}" alt="图"></p>' for p in inside)
        return Article(f"标题 {number}", f"<section>{body or '<p>正文</p>'}</section>", cover=self.picture(), pictures=inside)


def png(seed: str, padding: int) -> bytes:
    """A valid 8×8 PNG whose bytes depend on the seed."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    note = chunk(b"tEXt", b"seed\0" + seed.encode() + b"." * padding)
    return b"\x89PNG\r\n\x1a\n" + head + note + chunk(b"IDAT", zlib.compress(bytes(8 * 25))) + chunk(b"IEND", b"")


@pytest.fixture
def rehearse(tmp_path: Any) -> Callable[..., Rehearsal]:
    """Open a rehearsal: ``async with rehearse(kind="service") as stage``."""
    return lambda **options: Rehearsal(tmp_path, **options)


@pytest.fixture
def to_all() -> Delivery:
    """A delivery to everybody."""
    return Delivery(1, KEY, "mass", Target("all", people=5000), started_at=datetime.now(UTC))


@pytest.fixture
def to_one() -> Callable[..., Delivery]:
    """A template delivery to one follower, with fields."""

    def make(number: int = 1, **fields: str) -> Delivery:
        openid = "o" + f"{number:027d}"
        key = hashlib.sha256(str(number).encode()).hexdigest()[:32]
        return Delivery(number, key, "template", Target("ids", (openid,), 1, fields), started_at=datetime.now(UTC))

    return make


@pytest.fixture
def template() -> Message:
    """A booking notice as the sample has it."""
    data = {"thing1": "{item}", "time2": "2026-04-01 09:30", "character_string3": "A100000"}
    return Message("template", template=Template("Tm-booking-0001", data, "https://www.example.com/booking/{order}"))
