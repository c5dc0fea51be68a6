"""A OneBot account whose server offers a WebSocket, and processes that listen to it, on one loop of the test's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from saas.accounts.channels import registry
from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.channels.callback import CallbackRequest
from saas.channels.conformance.theatre import PUSHED, Theatre
from saas.channels.simulator import Enrolment
from saas.delivery import callbacks
from saas.delivery.listening.doors import Doors
from saas.delivery.listening.ear import Ear
from saas.delivery.listening.leases import Leases
from saas.delivery.listening.rounds import Rounds
from saas.delivery.listening.taking import Storing
from saas.kernel.database import transaction
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House

PATIENCE = 15.0


@dataclass
class Server:
    """The account's server on its stage, and the processes that listen."""

    house: House
    theatre: Theatre
    runner: asyncio.Runner
    native: str
    group: str
    id: int = 0
    ref: str = ""
    inns: list[tuple[web.AppRunner, Doors]] = field(default_factory=list)
    opened: list[tuple[Rounds, Pool, aiohttp.ClientSession]] = field(default_factory=list)

    def process(self, name: str) -> Rounds:
        """A process more that listens."""
        return self.runner.run(self._process(name))

    async def _process(self, name: str) -> Rounds:
        pool, session = Pool(settings().database_url, 2), aiohttp.ClientSession()
        await pool.open()
        sealer = Sealer(settings().encryption_keys)
        rounds = Rounds(pool, registry(), sealer, Leases(pool, name), session, Storing(self.house.app))
        self.opened.append((rounds, pool, session))
        return rounds

    def go(self, rounds: Rounds) -> None:
        """One round of a process; the loop rests afterwards."""
        self.runner.run(rounds.go())

    def ear(self, rounds: Rounds) -> Ear:
        return rounds.held[self.house.tenant][self.id].ear

    def kill(self, rounds: Rounds) -> None:
        """It is gone without a word, and its lease has run out."""

        async def killed() -> None:
            held = rounds.held.pop(self.house.tenant)
            for one in held.values():
                one.task.cancel()
            await asyncio.gather(*(one.task for one in held.values()), return_exceptions=True)

        self.runner.run(killed())

    def let_go(self, *, until: Callable[[], Any]) -> Any:
        """Let the loop run until something is so; what it gives then."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := until():
                return found
            self.runner.run(asyncio.sleep(0.02))
        raise AssertionError(self.house.rows("SELECT * FROM listeners"))

    def listen(self, name: str = "one") -> Rounds:
        """A process that has opened the line."""
        rounds = self.process(name)
        self.go(rounds)
        self.let_go(until=lambda: self.house.rows("SELECT 1 FROM listeners WHERE connected_at IS NOT NULL AND holder = %s", name))
        return rounds

    def play(self, what: str, **told: Any) -> None:
        """Something happens on the platform."""

        async def played() -> None:
            async with aiohttp.ClientSession() as session:
                about = {"account": self.native, "group": self.group, **told}
                async with session.post(f"{self.theatre.address}/play/{what}", json=about) as answer:
                    assert answer.status == 200, await answer.text()

        self.runner.run(played())

    def doors(self, rounds: Rounds, lost: float = 60.0) -> str:
        """A way in for servers that dial out; the account's own address of it."""

        async def opened() -> str:
            doors = Doors(rounds, lost)
            runner = web.AppRunner(doors.app(), access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.inns.append((runner, doors))
            return f"ws://127.0.0.1:{runner.addresses[0][1]}/lines/{self.ref}"

        return self.runner.run(opened())

    def dial(self, url: str, **headers: str) -> int | aiohttp.ClientWebSocketResponse:
        """The server dials out to us: its line, or how it was turned away."""
        with self.house.within():
            token = Sealer(settings().encryption_keys).open(self.house.tenant, f"account:{self.id}", self._sealed())[
                "access_token"
            ]

        async def dialled() -> int | aiohttp.ClientWebSocketResponse:
            usual = {"Authorization": f"Bearer {token}", "X-Self-ID": self.native, "X-Client-Role": "Universal"}
            try:
                return await self.opened[0][2].ws_connect(url, headers=usual | headers)
            except aiohttp.WSServerHandshakeError as refused:
                return refused.status

        return self.runner.run(dialled())

    def _sealed(self) -> bytes:
        return bytes(self.house.one("SELECT credentials FROM accounts WHERE id = %s", self.id))

    def tell(self, line: Any, **told: Any) -> None:
        """The server says something on its line."""
        event = {"time": int(time.time()), "self_id": int(self.native), **told}
        self.runner.run(line.send_str(json.dumps(event)))

    def set(self, **record: Any) -> None:
        """What the server does from now on."""
        stage = self.theatre.server.stage
        self.theatre.change(lambda: stage.keep(self.native, {**stage.accounts[self.native], **record}))

    def pushed_by_http(self) -> None:
        """The first push of the server arrives at our callback address as well."""
        push = self.let_go(until=lambda: self.theatre.pushed)[0]
        with self.house.app.app_context():
            reply = callbacks.receive(self.ref, CallbackRequest("POST", {}, push.headers, push.body, push.now))
        assert reply.status == 204

    def entries(self) -> list[dict[str, Any]]:
        return self.house.rows("SELECT kind, said, place FROM inbox_entries ORDER BY id")

    def gaps(self) -> list[dict[str, Any]]:
        return self.house.rows("SELECT from_at, until_at, fault FROM listening_gaps ORDER BY id")


@pytest.fixture
def server(house: House, tmp_path: Path) -> Iterator[Server]:
    found = registry().get("qq_group")
    assert found is not None
    with asyncio.Runner() as runner, Theatre(found.hook.simulator(), tmp_path) as theatre:
        stage = theatre.server.stage
        made = theatre.change(
            lambda: theatre.server.simulator.enrol(Enrolment("bot", "onebot", "山岚", 3, PUSHED), theatre.address)
        )
        about = {**made.record, "key": "bot", "callback_path": f"{PUSHED}/bot"}
        theatre.change(lambda: stage.keep(made.id, about))
        server = Server(house, theatre, runner, made.id, str(made.record["groups"][0]["id"]))
        events = made.settings["base_url"].replace("http:", "ws:")
        client = house.client("Moon")
        with house.within(), transaction() as session:
            row = Account(client_id=client, key="bot", channel="qq_group", kind="onebot", name="山岚", audience_size=3)
            row.settings = {**made.settings, "events_url": events}
            session.add(row)
            session.flush()
            row.credentials = seal(Sealer(settings().encryption_keys), house.tenant, row.id, made.credentials)
            session.flush()
            session.refresh(row)
            server.id, server.ref = row.id, row.callback_ref
        yield server
        for inn, doors in server.inns:
            runner.run(inn.cleanup())
            runner.run(doors.close())
        for rounds, pool, session_of in server.opened:
            runner.run(rounds.close())
            runner.run(session_of.close())
            runner.run(pool.close())
        runner.run(asyncio.sleep(0.05))  # a transport that was aborted lets go of its socket in the loop's next turns
