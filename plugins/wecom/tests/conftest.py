"""A real rehearsal server and a small real platform: HTTP over loopback, memory, tokens and pictures held in the process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.simulator import WecomSimulator
from saas.channels import Account, Delivery, Message, Outcome, Progress, Receipt, Target, Unknown
from saas.channels.http import Http
from saas.channels.simulator import Effect, Enrolment, Fault
from saas.channels.simulator.server import Server

JPEG = b"\xff\xd8\xff\xe0" + b"qunfa" * 20
PICTURE = "ab" * 32


class Line:
    """The platform line of one account, as the core would give it."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.memory: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.fetched = 0
        self.ahead = 0.0
        self._lock = asyncio.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

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

    async def exchange(self, key: str, old: str, new: str, seconds: float | None = None) -> bool:
        known = self.memory.get(key, "") == old
        if known:
            self.memory[key] = new
        return known

    async def picture(self, sha256: str) -> bytes:
        if sha256 != PICTURE:
            raise KeyError(sha256)
        return JPEG


@dataclass
class Stand:
    """One enrolled account, its line, and short words for the hooks."""

    account: Account
    platform: Line
    server: Server
    id: str
    deliveries: int = field(default=0)

    async def send(self, message: Message, delivery: Delivery) -> Outcome:
        return await plugin.send(self.account, message, delivery, self.platform)

    async def lookup(self, message: Message, delivery: Delivery) -> Outcome:
        return await plugin.lookup(self.account, message, delivery, self.platform)

    async def found(self, message: Message, delivery: Delivery) -> Outcome:
        """Look up as the core would, until the platform knows."""
        for _ in range(200):
            outcome = await self.lookup(message, delivery)
            if not isinstance(outcome, Unknown):
                return outcome
            await asyncio.sleep(0.02)
        raise AssertionError(outcome)

    async def progress(self, delivery: Delivery) -> Progress:
        return await plugin.progress(self.account, delivery, self.platform)

    async def recall(self, delivery: Delivery) -> Outcome:
        return await plugin.recall(self.account, delivery, Message("text", text="春分"), self.platform)

    async def connect(self) -> Outcome:
        return await plugin.connect(self.account, self.platform)

    async def targets(self, tag: str = "") -> list[Target]:
        kind = plugin.channel().kind(self.account.kind)
        assert kind
        pages = plugin.audience(self.account, kind.routes[0], tag, self.platform)
        return [target async for page in pages for target in page]

    async def delivery(self, ids: list[str] | None = None) -> Delivery:
        """A delivery for ``ids``, or for everybody the account reaches."""
        self.deliveries += 1
        target = Target("ids", tuple(ids), len(ids)) if ids is not None else await self._everybody()
        return Delivery(self.deliveries, uuid.uuid4().hex, self.account.kind, target, 1, self.platform.now())

    async def delivery_to(self, target: Target) -> Delivery:
        """A delivery for that target."""
        self.deliveries += 1
        return Delivery(self.deliveries, uuid.uuid4().hex, self.account.kind, target, 1, self.platform.now())

    async def _everybody(self) -> Target:
        targets = await self.targets()
        if targets[0].form != "ids":
            return targets[0]
        return Target("ids", tuple(t.ids[0] for t in targets), len(targets))

    async def finished(self, delivery: Delivery, receipt: Receipt) -> Progress:
        """Poll as the core would until nothing more will come."""
        told = receipt.progress
        delivery = replace(delivery, ids={**delivery.ids, **receipt.ids})
        while not told.final:
            await asyncio.sleep(min(told.poll_after or 0.1, 0.1))
            told = await self.progress(delivery)
            delivery = replace(delivery, ids={**delivery.ids, **told.ids})
        return told

    def effects(self, kind: str) -> list[Effect]:
        return self.server.stage.effects_of(self.id, kind)

    def people(self, platform_id: str) -> int:
        """The sum of the people over the log's effects of one platform id."""
        return sum(e.people for e in self.server.stage.effects if e.platform_id == platform_id)

    def patch(self, **record: Any) -> None:
        self.server.stage.keep(self.id, {**self.server.stage.accounts[self.id], **record})

    def fault(self, name: str, path: str, value: str = "", times: int = 1) -> None:
        self.server.stage.faults.add(Fault(name, path=path, value=value, times=times))


Play = Callable[..., Awaitable[Stand]]


def enrol(server: Server, http: Http, kind: str, size: int, key: str = "") -> Stand:
    """Enrol an account and connect a line to it."""
    enrolment = Enrolment(key or f"shop-{kind}", kind, "山岚", size, f"/callbacks/{kind}")
    enrolled = server.simulator.enrol(enrolment, server.stage.address)
    known = server.stage.accounts.get(enrolled.id) or (
        {"confirm_delay": 0.05} if kind in ("customer", "groups", "moments") else {}
    )
    server.stage.keep(enrolled.id, {**enrolled.record, **known, "key": enrolment.key, "callback_path": enrolment.callback_path})
    account = Account(1, enrolment.key, "wecom", kind, "山岚", enrolled.credentials, enrolled.settings)
    return Stand(account, Line(http), server, enrolled.id)


def on_stage(folder: Path, scene: Callable[[Server, Http], Awaitable[None]], callbacks: str = "") -> None:
    """Play a scene against a running simulator."""

    async def play() -> None:
        server, http = Server(WecomSimulator(), folder, callbacks), None
        await server.start()
        http = Http(connections=8, timeout=5.0)
        try:
            await scene(server, http)
        finally:
            await http.close()
            await server.stop()

    asyncio.run(play())


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """``play(kind, size, scene)``: enrol an account of that kind and play the scene with it."""

    def run(kind: str, size: int, scene: Callable[[Stand], Awaitable[None]]) -> None:
        async def with_stand(server: Server, http: Http) -> None:
            await scene(enrol(server, http, kind, size))

        on_stage(tmp_path / "stage", with_stand)

    yield run
