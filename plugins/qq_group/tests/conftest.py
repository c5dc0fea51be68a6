"""A real rehearsal server, a real HTTP line, and a platform that keeps its memory in a dict."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web

from qunfa_qq_group import plugin
from saas.channels import Account, CallbackRequest, Delivery, Event, Inbound, Message, Outcome, Target
from saas.channels.http import Http
from saas.channels.simulator import Effect, Fault
from saas.channels.simulator.server import Server

T = TypeVar("T")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass
class Memory:
    """One account's line: token store, memory, pictures, a clock that can be set."""

    http: Http
    pictures: dict[str, bytes]
    tokens: dict[str, str] = field(default_factory=dict)
    memory: dict[str, str] = field(default_factory=dict)
    lifetimes: dict[str, float | None] = field(default_factory=dict)
    fetches: int = 0
    clock: datetime | None = None

    def now(self) -> datetime:
        return self.clock or datetime.now(UTC)

    async def token(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]], stale: str = "") -> str:
        if name not in self.tokens or self.tokens[name] == stale:
            self.fetches += 1
            self.tokens[name], self.lifetimes[name] = await fetch()
        return self.tokens[name]

    async def go_ahead(self) -> None:
        """Nobody stops anything here."""

    async def recall_memory(self, key: str) -> str | None:
        return self.memory.get(key)

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        self.memory[key], self.lifetimes[key] = value, seconds

    async def exchange(self, key: str, old: str, new: str, seconds: float | None = None) -> bool:
        known = self.memory.get(key, "") == old
        if known:
            self.memory[key], self.lifetimes[key] = new, seconds
        return known

    async def picture(self, sha256: str) -> bytes:
        return self.pictures[sha256]


@dataclass
class Theatre:
    """A running rehearsal server with the accounts enrolled in it, and what it pushed."""

    runner: asyncio.Runner
    data: Path
    server: Server
    http: Http
    pictures: dict[str, bytes]
    platforms: dict[str, Memory] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    pushed: list[tuple[str, CallbackRequest]] = field(default_factory=list)
    callbacks: str = ""

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(what)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        async def ask() -> Any:
            return (await self.http.request(method, self.server.stage.address + path, json=body)).json()

        return self.run(ask())

    def enrol(self, key: str, kind: str = "official", size: int = 3, **settings: Any) -> Account:
        enrolment = {"key": key, "kind": kind, "name": "示例群", "audience_size": size, "callback_path": f"/cb/{key}"}
        told = self.control("POST", "/_control/accounts", enrolment)
        credentials, found = told["credentials"], {**told["settings"], **settings}
        account = Account(1, key, "qq_group", kind, "示例", credentials, found)
        self.platforms.setdefault(key, Memory(self.http, self.pictures))
        self.accounts[key] = account
        return account

    def record(self, account: Account) -> dict[str, Any]:
        return self.server.stage.accounts[self.id_of(account)]

    def id_of(self, account: Account) -> str:
        return next(name for name, record in self.server.stage.accounts.items() if record["key"] == account.key)

    def groups(self, account: Account) -> list[str]:
        return [str(group["id"]) for group in self.record(account)["groups"]]

    def platform(self, account: Account) -> Memory:
        return self.platforms[account.key]

    def delivery(self, account: Account, place: int = 0, **more: Any) -> Delivery:
        return Delivery(1, "0" * 32, "group", Target("ids", (self.groups(account)[place],)), **more)

    def send(self, account: Account, message: Message | str = "大家好", place: int = 0) -> Outcome:
        said = Message("text", text=message) if isinstance(message, str) else message
        return self.run(plugin.send(account, said, self.delivery(account, place), self.platform(account)))

    def recall(self, account: Account, ids: dict[str, str]) -> Outcome:
        return self.run(plugin.recall(account, self.delivery(account, ids=ids), self.platform(account)))

    def reply(self, account: Account, event: Inbound, words: str) -> Outcome:
        return self.run(plugin.reply(account, event, Message("text", text=words), self.platform(account)))

    def connect(self, account: Account) -> Outcome:
        return self.run(plugin.connect(account, self.platform(account)))

    def reached(self, account: Account) -> list[Target]:
        async def pages() -> list[Target]:
            return [target async for page in plugin.audience(account, self.platform(account)) for target in page]

        return self.run(pages())

    def fault(self, name: str, **more: Any) -> None:
        self.server.stage.faults.add(Fault(name, **more))

    def effects(self, kind: str = "group") -> list[Effect]:
        return [effect for effect in self.server.stage.effects if effect.kind == kind]

    def stand_still(self, moment: datetime = datetime(2026, 11, 20, 4, 0, 5, tzinfo=UTC)) -> None:
        """Stop the stage's clock at a moment, so that no test runs into the next minute."""
        self.server.stage._wall = moment.timestamp()
        self.server.stage.rate = 1e-9

    def pass_seconds(self, seconds: float) -> None:
        self.server.stage._wall += seconds

    def settle(self, pushes: int) -> list[tuple[str, CallbackRequest]]:
        """Wait until that many callbacks have come, five seconds at most."""

        async def wait() -> None:
            for _ in range(250):
                if len(self.pushed) >= pushes:
                    return
                await asyncio.sleep(0.02)

        self.run(wait())
        return self.pushed

    def events(self, account: Account) -> list[Event]:
        mine = [request for path, request in self.pushed if path == f"/cb/{account.key}"]
        return [event for request in mine for event in plugin.callback(account, request).events]

    def restart(self) -> None:
        self.run(self.server.stop())
        self.server = Server(plugin.simulator(), self.data, self.callbacks)
        self.run(self.server.start())


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    """The rehearsal server, and a web server that takes its callbacks."""
    with asyncio.Runner() as runner:
        pushed: list[tuple[str, CallbackRequest]] = []

        async def take(request: web.Request) -> web.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            now = datetime.now(UTC).timestamp()
            pushed.append((request.path, CallbackRequest("POST", dict(request.query), headers, await request.read(), now)))
            return web.Response(status=204)

        async def opened() -> tuple[Http, web.AppRunner, str]:
            app = web.Application()
            app.add_routes([web.post("/cb/{key}", take)])
            product = web.AppRunner(app)
            await product.setup()
            await web.TCPSite(product, "127.0.0.1", 0).start()
            return Http(timeout=5), product, f"http://127.0.0.1:{product.addresses[0][1]}"

        http, product, callbacks = runner.run(opened())
        server = Server(plugin.simulator(), tmp_path / "qq", callbacks)
        runner.run(server.start())
        stage = Theatre(runner, tmp_path / "qq", server, http, {"p" * 64: PNG}, pushed=pushed, callbacks=callbacks)
        yield stage
        runner.run(http.close())
        runner.run(stage.server.stop())
        runner.run(product.cleanup())
