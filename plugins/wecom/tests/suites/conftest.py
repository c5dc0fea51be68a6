"""A provider's suite on the stand-in for WeCom, a server that hears its pushes, and corps whose admins agree."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import ClientSession, web

from qunfa_wecom import plugin
from qunfa_wecom.simulator import WecomSimulator
from saas.channels import Account, CallbackRequest, Granted, Portal, PortalNews
from saas.channels.http import Http
from saas.channels.simulator.server import Server

STATE = "0123456789abcdef" * 4
BACK = f"http://127.0.0.1:9/portals/back/{STATE}"
CONTACT = ("contact",)


@dataclass
class SuiteLine:
    """A portal's line as the core has it, in memory."""

    http: Http
    pushed: tuple[str, datetime] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def ticket(self) -> tuple[str, datetime] | None:
        return self.pushed

    async def token(self, name: str, fetch: Callable[[], Any], stale: str = "") -> str:
        if self.tokens.get(name, stale) == stale:
            self.tokens[name], _ = await fetch()
        return self.tokens[name]


@dataclass
class Scene:
    """The platform, our suite on it, and a server that hears what it pushes."""

    server: Server
    portal: Portal
    line: SuiteLine
    pushes: asyncio.Queue[tuple[str, CallbackRequest]]

    @property
    def corp(self) -> str:
        """A corp whose admin has not agreed to anything yet."""
        return next(id for id, record in self.server.stage.accounts.items() if record["kind"] == "corp")

    async def heard(self) -> tuple[str, CallbackRequest]:
        async with asyncio.timeout(10):
            return await self.pushes.get()

    async def news(self) -> PortalNews:
        path, request = await self.heard()
        assert path == "/commands"
        return plugin.portal_callback(self.portal, request).news[0]

    async def ticket(self) -> None:
        told = await self.news()
        assert told.change == "ticket"
        self.line.pushed = (told.value, datetime.fromtimestamp(told.at, UTC))

    async def posted(self, address: str, *form: tuple[str, str]) -> str:
        """A form of one of the platform's pages; where it sends the browser."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with (
            ClientSession() as browser,
            browser.post(address, data=urlencode(form), headers=headers, allow_redirects=False) as got,
        ):
            return got.headers.get("Location", "")

    async def agree(self, url: str, rights: tuple[str, ...] = CONTACT, decision: str = "agree") -> dict[str, str]:
        """As a corp's admin does it; the query with which the browser comes back."""
        ticked = [("right", right) for right in rights]
        page = url.partition("?")[0]
        form = [*parse_qsl(urlsplit(url).query), ("corp", self.corp), ("decision", decision), *ticked]
        return dict(parse_qsl(urlsplit(await self.posted(page, *form)).query))

    async def admitted(self, rights: tuple[str, ...] = CONTACT) -> Granted:
        """Invited, agreed, redeemed, whichever way the platform tells of it."""
        made = await plugin.invite(self.portal, BACK, self.line)
        answer = await self.agree(made.url, rights)
        if not made.returns:
            told = await self.news()
            assert (told.change, told.state) == ("authorised", STATE)
            answer = {"auth_code": told.value}
        return await plugin.admit(self.portal, answer, self.line)

    async def act(self, what: str) -> None:
        """A button of the corp's page of apps."""
        suite = self.portal.credentials["suite_id"]
        await self.posted(f"{self.server.stage.address}/_corps/{suite}/{self.corp}/{what}")

    def account(self, granted: Granted) -> Account:
        """The account as the core would make it, with the portal's credentials as pushes have them."""
        known = {**granted.credentials, **self.portal.credentials}
        return Account(1, "corp", "wecom", granted.kind, granted.name, known, granted.settings, portal=1, rights=granted.rights)

    def line_of(self, granted: Granted) -> CorpLine:
        """That account's line."""
        return CorpLine(self, granted)

    def people(self, kind: str) -> list[int]:
        return [effect.people for effect in self.server.stage.effects_of(self.corp, kind)]


class CorpLine:
    """The line of an account that came over the suite: its tokens are renewed as the core renews them."""

    def __init__(self, scene: Scene, granted: Granted) -> None:
        self.http, self.tokens = scene.line.http, dict[str, str]()
        self._scene, self._granted, self._memory = scene, granted, dict[str, str]()

    def now(self) -> datetime:
        return self._scene.server.stage.now()

    async def go_ahead(self) -> None:
        """Nobody stops anything here."""

    async def recall_memory(self, key: str) -> str | None:
        return self._memory.get(key)

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        self._memory[key] = value

    async def exchange(self, key: str, old: str, new: str, seconds: float | None = None) -> bool:
        known = self._memory.get(key, "") == old
        if known:
            self._memory[key] = new
        return known

    async def granted_token(self, stale: str = "") -> str:
        if self.tokens.get("granted", stale) == stale:
            told = await plugin.renew(self._scene.portal, self._granted.id, self._granted.refresh, self._scene.line)
            self.tokens["granted"] = told.token
        return self.tokens["granted"]


@asynccontextmanager
async def on_stage(folder: Path, name: str = "p", ticket: bool = True) -> AsyncIterator[Scene]:
    heard: asyncio.Queue[tuple[str, CallbackRequest]] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        body, headers = await request.read(), {name.lower(): value for name, value in request.headers.items()}
        heard.put_nowait((request.path, CallbackRequest(request.method, dict(request.query), headers, body, time.time())))
        return web.Response(text="success")

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = Server(WecomSimulator(), folder, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await server.start()
    made = server.simulator.enrol_portal(server.stage, name, "/commands")
    line = SuiteLine(Http(connections=8, timeout=5.0))
    scene = Scene(server, Portal(1, "wecom", name, made["credentials"], made["settings"]), line, heard)
    try:
        if ticket:
            await scene.ticket()
        yield scene
    finally:
        await line.http.close()
        await server.stop()
        await runner.cleanup()


@pytest.fixture
def played(tmp_path: Path) -> Callable[..., None]:
    """``played(act, name, ticket)``: a scene with a suite; a name with 代开发 makes it a template of customised apps."""

    def play(act: Callable[[Scene], Any], name: str = "p", ticket: bool = True) -> None:
        async def scene() -> None:
            async with on_stage(tmp_path, name, ticket) as made:
                await act(made)

        asyncio.run(scene())

    return play
