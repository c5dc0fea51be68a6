"""A real rehearsal server and an account of each kind with a real line to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from qunfa_webhook import plugin
from saas.channels import Message, Outcome
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.registry import Registry


class Office:
    """One account on a stage, with short words."""

    def __init__(self, runner: asyncio.Runner, stand: Stand) -> None:
        self._runner, self.stand = runner, stand
        self.theatre = stand.theatre
        self.route = stand.kind.routes[0]

    def send(self, message: Message | str, **more: Any) -> Outcome:
        said = Message("text", text=message) if isinstance(message, str) else message

        async def sent() -> Any:
            return await self.stand.send(said, replace(await self.stand.delivery(self.route), **more))

        return self._runner.run(sent())

    def settings(self, **changed: Any) -> None:
        account = self.stand.account
        self.stand.account = replace(account, settings={**account.settings, **changed})

    def texts(self) -> list[str]:
        return [str(effect.detail["text"]) for effect in self.theatre.server.stage.effects]


@pytest.fixture
def office() -> Iterator[Callable[[str], Office]]:
    """``office(kind)``: an account of that kind."""
    registry = Registry()
    registry.register("webhook", plugin)
    registry.freeze()
    troupe, opened = Troupe(registry.get("webhook")), []
    with asyncio.Runner() as runner:

        def open_one(kind: str) -> Office:
            stage = troupe.stand(plugin.channel().kind(kind))
            opened.append(stage)
            return Office(runner, runner.run(stage.__aenter__()))

        yield open_one
        for stage in opened:
            runner.run(stage.__aexit__(None, None, None))
