"""The channel under test, and a fresh stage for each scene."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.theatre import PUSHED, Theatre
from saas.channels.platform import Account
from saas.channels.registry import Installed
from saas.channels.rehearsal import Rehearsal
from saas.channels.simulator import Enrolment

PEOPLE = 40


class Troupe:
    """One installed channel and how it is played."""

    def __init__(self, installed: Installed) -> None:
        self.installed = installed
        self.played: Rehearsal = installed.hook.rehearsal() if installed.hook.rehearsal else Rehearsal()

    @property
    def plugin(self) -> Any:
        """The plugin itself."""
        return self.installed.plugin

    def kinds(self) -> tuple[AccountKind, ...]:
        """The account kinds."""
        return self.installed.channel.kinds

    def routes(self) -> Iterator[tuple[AccountKind, Route]]:
        """Every way to send."""
        return ((kind, route) for kind in self.kinds() for route in kind.routes)

    @asynccontextmanager
    async def stand(self, kind: AccountKind, people: int = PEOPLE, key: str = "rehearsal") -> AsyncIterator[Stand]:
        """A stage of its own with one account of that kind."""
        with tempfile.TemporaryDirectory(prefix="qunfa-kit-") as folder, Theatre(self.simulator(), Path(folder)) as theatre:
            made = self.enrol(theatre, kind, key, people)
            try:
                yield made
            finally:
                await made.line.http.close()

    def simulator(self) -> Any:
        """A new simulator of the channel."""
        return self.installed.hook.simulator()

    def enrol(self, theatre: Theatre, kind: AccountKind, key: str, people: int = PEOPLE) -> Stand:
        """An account of that kind on a stage, as the core would enrol it."""
        enrolment = Enrolment(key, kind.name, "排练账号", people, f"{PUSHED}/{key}")
        id, account = theatre.change(lambda: self._enrolled(theatre, kind, enrolment))
        return Stand(self.installed, self.played, theatre, kind, id, account)

    def _enrolled(self, theatre: Theatre, kind: AccountKind, enrolment: Enrolment) -> tuple[str, Account]:
        server, name = theatre.server, self.installed.channel.name
        given = server.simulator.enrol(enrolment, theatre.address)
        about = {"key": enrolment.key, "callback_path": enrolment.callback_path, **self.played.record.get(kind.name, {})}
        server.stage.keep(given.id, {**given.record, **about})
        settings = {**given.settings, **self.played.settings.get(kind.name, {})}
        return given.id, Account(1, enrolment.key, name, kind.name, enrolment.name, dict(given.credentials), settings)
