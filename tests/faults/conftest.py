"""Agencies with real worker processes against the channels' own simulators: what takes a process to prove."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row

from saas.accounts.channels import registry
from saas.channels.simulator.server import Server
from saas.kernel.settings import settings
from saas.ops.faults.books import BALANCES
from saas.ops.faults.cast import Agency, engage
from saas.ops.faults.children import Children, Ended
from saas.ops.faults.folders import write
from saas.ops.faults.roles import Order
from saas.ops.rehearsal import Rehearsal
from tests.conftest import Database


@dataclass
class Field:
    """One agency of a trial, its simulators, and a nursery for its processes."""

    agency: Agency
    children: Children
    rehearsal: Rehearsal
    place: Path
    url: str
    ended: list[Ended] = field(default_factory=list)

    def worker(self, *dies: tuple[str, str], nth: int = 1) -> int:
        """A worker more, which may be told where to die."""
        return self.children.order(Order("worker", dies, nth))

    def scheduler(self) -> int:
        """A scheduler more."""
        return self.children.order(Order("scheduler"))

    def push(self, kind: str, mark: str, *dies: tuple[str, str], accounts: tuple[str, ...] = (), people: int = 0) -> Ended:
        """Plan a campaign, approve it and let it go, in a process of its own; how that ended."""
        folder = write(self.place, self.agency, kind, mark, random.Random(mark))
        if accounts:
            text = (folder / "campaign.yaml").read_text()
            listed = ", ".join(self.agency.key(short) for short in accounts)
            (folder / "campaign.yaml").write_text(text.replace(", ".join(self.agency.keys), listed))
        if people:
            lines = [f"o{n:027d},A{n:05d},{mark}" for n in range(people)]
            (folder / "recipients.csv").write_text("\n".join(["openid,order,item", *lines]))
        task = {"tenant": self.agency.id, "slug": self.agency.slug, "mark": mark, "folder": str(folder)}
        id = self.children.order(Order("push", dies, 1, task))
        return self.wait(lambda: next((one for one in self.hear() if one.id == id), None), "the step never ended")

    def hear(self) -> list[Ended]:
        """Everything that has ended so far."""
        self.ended += self.children.ended()
        return self.ended

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the agency's tables say."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(self.agency.id),))
            return connection.execute(query, values).fetchall()  # type: ignore[call-overload]

    def states(self, mark: str) -> dict[str, int]:
        """How many deliveries of a campaign are in each state."""
        query = """SELECT e.state, count(*) AS n FROM deliveries e JOIN campaigns c ON c.id = e.campaign_id
                   WHERE c.name = %s GROUP BY 1"""
        return {row["state"]: row["n"] for row in self.rows(query, mark)}

    def reached(self, kind: str) -> Counter[str]:
        """How often each follower or group was reached by that kind of effect."""
        effects = [effect for effect in self.rehearsal.effects() if effect["kind"] == kind]
        return Counter(str(effect["detail"].get("openid") or effect["detail"].get("target")) for effect in effects)

    def wait(self, what: Callable[[], Any], complaint: str, patience: float = 90.0) -> Any:
        """What a question gives once it is true."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            self.hear()
            if found := what():
                return found
            time.sleep(0.05)
        raise AssertionError(complaint)

    def balance(self) -> None:
        """Whatever happened, the books agree."""
        for what, question in BALANCES.items():
            assert self.rows(question) == [], what


class Simulators:
    """Every channel's simulator on one loop in a thread of its own."""

    def __init__(self, place: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = {one.channel.name: Server(one.hook.simulator(), place / one.channel.name) for one in registry().all()}
        self.addresses = {name: self._run(server.start()) for name, server in self._servers.items()}

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def stop(self) -> None:
        """Stop all, and the loop."""
        for server in self._servers.values():
            self._run(server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def simulators(tmp_path: Path) -> Iterator[Simulators]:
    started = Simulators(tmp_path / "simulators")
    yield started
    started.stop()


@pytest.fixture
def field_of(
    app: Flask, database: Database, environment: dict[str, str], simulators: Simulators, tmp_path: Path
) -> Iterator[Field]:
    """An agency with an account of every kind, and nobody working yet."""
    home = tmp_path / "home"
    home.mkdir()
    rehearsal = Rehearsal(simulators.addresses)
    with app.app_context():
        agency = engage(1, rehearsal)
    children = Children(home, {**os.environ, **environment, "QUNFA_HOME": str(home)})
    yield Field(agency, children, rehearsal, tmp_path / "folders", settings().database_url)
    children.close()
