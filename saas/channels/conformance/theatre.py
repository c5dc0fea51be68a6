"""A simulator in a thread of its own, so that a hook that blocks its loop is seen blocking, and what it was asked."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from saas.channels.callback import CallbackRequest
from saas.channels.simulator import Fault, Simulator
from saas.channels.simulator.server import Handler, Server

T = TypeVar("T")
PUSHED = "/pushed"
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A request the simulator took, and whether an effect came of it at once."""

    method: str
    path: str
    effect: bool


class Watched(Server):
    """A server that keeps what it was asked."""

    def __init__(self, simulator: Simulator, data: Path, callbacks: str) -> None:
        super().__init__(simulator, data, callbacks)
        self.heard: list[Heard] = []

    @web.middleware
    async def _faults(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        effects = len(self.stage.effects)
        try:
            return await super()._faults(request, handler)
        finally:
            self.heard.append(Heard(request.method, request.path, len(self.stage.effects) > effects))


class Theatre:
    """A running simulator, a server that takes its pushes, and the way to both."""

    def __init__(self, simulator: Simulator, data: Path) -> None:
        self._simulator, self._data = simulator, data
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._pushes: web.AppRunner | None = None
        self.server: Watched
        self.pushed: list[CallbackRequest] = []
        self.answering: Callable[[CallbackRequest], bytes] = lambda push: b"success"

    def __enter__(self) -> Theatre:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *failure: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def address(self) -> str:
        """Where the simulator listens."""
        return self.server.stage.address

    def change(self, act: Callable[[], T]) -> T:
        """Do something with the stage, in the simulator's own loop."""

        async def acted() -> T:
            return act()

        return self._do(acted())

    def fault(self, name: str, path: str = "", value: str = "", times: int = 0) -> None:
        """Switch a fault on."""
        self.change(lambda: self.server.stage.faults.add(Fault(name, "", path, value, times)))

    def well(self) -> None:
        """Switch all faults off."""
        self.change(self.server.stage.faults.clear)

    def close_doors(self) -> None:
        """Stop listening: nothing is there any more."""
        self._do(self.server.stop())

    def skip(self, seconds: float) -> None:
        """Let time pass on the stage."""
        self.change(lambda: self.server.stage.skip(seconds))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _open(self) -> None:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", PUSHED + "/{key}", self._take)
        self._pushes = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._pushes.setup()
        await web.TCPSite(self._pushes, "127.0.0.1", 0).start()
        self.server = Watched(self._simulator, self._data, f"http://127.0.0.1:{self._pushes.addresses[0][1]}")
        await self.server.start()

    async def _close(self) -> None:
        await self.server.stop()
        if self._pushes:
            await self._pushes.cleanup()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        push = CallbackRequest(request.method, dict(request.query), headers, body, time.time())
        self.pushed.append(push)
        return web.Response(body=self.answering(push))
