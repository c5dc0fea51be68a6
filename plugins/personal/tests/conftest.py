"""A real rehearsal server and a real HTTP line to it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from qunfa_personal import plugin
from saas.channels import Account
from saas.channels.http import Http
from saas.channels.simulator.server import Server

T = TypeVar("T")


@dataclass
class Phone:
    """A running rehearsal server."""

    runner: asyncio.Runner
    data: Path
    server: Server
    http: Http

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(what)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        answer = self.run(self.http.post(self.server.stage.address + path, json=body))
        return answer.status, answer.json()

    def enrol(self, size: int = 517) -> Account:
        asked = {"key": "stars", "kind": "assisted", "name": "示例客服号", "audience_size": size, "callback_path": "/cb"}
        _, told = self.post("/_control/accounts", asked)
        return Account(1, "stars", "personal", "assisted", "示例客服号", told["credentials"], told["settings"])

    def restart(self) -> None:
        self.run(self.server.stop())
        self.server = Server(plugin.simulator(), self.data)
        self.run(self.server.start())


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    """The rehearsal of a personal account."""
    with asyncio.Runner() as runner:

        async def opened() -> Http:
            return Http(timeout=5)

        http = runner.run(opened())
        server = Server(plugin.simulator(), tmp_path)
        runner.run(server.start())
        stage = Phone(runner, tmp_path, server, http)
        yield stage
        runner.run(http.close())
        runner.run(stage.server.stop())
