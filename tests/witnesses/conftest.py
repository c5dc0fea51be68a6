"""Our simulators, running for clients that others wrote: what they take for their platform is taken for it by strangers too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from saas.channels.callback import CallbackRequest
from saas.channels.conformance.theatre import PUSHED, Theatre
from saas.channels.platform import Account
from saas.channels.registry import Installed, Registry
from saas.channels.simulator import Effect, Enrolment

PATIENCE = 10.0


@dataclass(frozen=True)
class Play:
    """A running simulator with one account, for a client that is not ours."""

    theatre: Theatre
    installed: Installed
    id: str
    account: Account

    def effects(self, kind: str) -> list[Effect]:
        return self.theatre.server.stage.effects_of(self.id, kind)

    def pushed(self) -> CallbackRequest:
        """The first push of the simulator."""
        until = time.monotonic() + PATIENCE
        while not self.theatre.pushed and time.monotonic() < until:
            time.sleep(0.02)
        return self.theatre.pushed[0]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[str, str], Play]]:
    """``play(channel, kind)``: the channel's simulator with an account of that kind."""
    with ExitStack() as stages:

        def begin(channel: str, kind: str) -> Play:
            installed = Registry.from_entry_points(only=channel).get(channel)
            assert installed
            theatre = stages.enter_context(Theatre(installed.hook.simulator(), tmp_path / channel))
            enrolment = Enrolment("witness", kind, "见证", 25, f"{PUSHED}/witness")
            given = theatre.change(lambda: theatre.server.simulator.enrol(enrolment, theatre.address))
            about = {**given.record, "key": enrolment.key, "callback_path": enrolment.callback_path}
            theatre.change(lambda: theatre.server.stage.keep(given.id, about))
            account = Account(1, enrolment.key, channel, kind, "见证", dict(given.credentials), dict(given.settings))
            return Play(theatre, installed, given.id, account)

        yield begin
