"""A worker, and the rehearsal platforms whose people confirm or do not, all on one event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from redis.asyncio import Redis

from saas.accounts.credentials import seal
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.channels.http import Http
from saas.channels.registry import Registry
from saas.channels.simulator import Effect, Enrolment, Fault
from saas.channels.simulator.server import Server
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.kernel.database import transaction
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House

T = TypeVar("T")
OUT = "SELECT state, delivered AS d, failed AS f, skipped AS s, unknown AS u, awaiting AS w FROM deliveries WHERE id = %s"


@dataclass
class Crew:
    """An agency with one worker, and platforms that people work on."""

    house: House
    runner: asyncio.Runner
    registry: Registry
    folder: Path
    servers: dict[str, Server] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)

    def run(self, work: Awaitable[T]) -> T:
        """Run on the loop and wait."""

        async def wait() -> T:
            return await work

        return self.runner.run(wait())

    async def open(self) -> None:
        """The worker."""
        self.pool = Pool(settings().database_url, 4)
        await self.pool.open()
        self.redis, self.http = Redis.from_url(settings().redis_url), Http(16, timeout=5.0)
        self.lines = Lines(self.pool, self.redis, Sealer(settings().encryption_keys), self.http)
        self.host = Host(self.lines, self.registry)
        self.host.start()
        self.engine = Engine(self.host)

    async def close(self) -> None:
        """Everything that was opened."""
        await self.engine.close()
        await self.host.stop()
        await self.http.close()
        await self.redis.aclose()
        await self.pool.close()
        for server in self.servers.values():
            await server.stop()

    def account(self, channel: str, kind: str, size: int, settings_of: dict[str, Any] | None = None, **record: Any) -> int:
        """An account on a rehearsal platform, which starts with the first; ``record`` is what the platform believes of it."""
        found = self.registry.get(channel)
        assert found
        if channel not in self.servers:
            self.servers[channel] = Server(found.hook.simulator(), self.folder / channel)
            self.run(self.servers[channel].start())
        server, key = self.servers[channel], f"{kind}-{len(self.ids)}"
        enrolled = server.simulator.enrol(Enrolment(key, kind, "山岚", size, ""), server.stage.address)
        server.stage.keep(enrolled.id, {**enrolled.record, "key": key, "callback_path": "", "confirm_delay": 0.05, **record})
        with self.house.within(), transaction() as session:
            account = Account(client_id=self.house.client_id, key=key, channel=channel, kind=kind, name=key, audience_size=size)
            account.settings = {**enrolled.settings, **(settings_of or {})}
            session.add(account)
            session.flush()
            account.credentials = seal(Sealer(settings().encryption_keys), self.house.tenant, account.id, enrolled.credentials)
            session.flush()
            self.ids[account.id] = enrolled.id
            return account.id

    def sent(self, account: int, people: int, route: str = "customer", **options: str) -> int:
        """A delivery to the first ``people`` of the account that the platform has taken on; its id."""
        campaign = self.house.campaign()
        self.house.as_owner(
            "UPDATE campaigns SET draft = jsonb_build_object('options', %s::jsonb) WHERE id = %s", json.dumps(options), campaign
        )
        dispatch = self.house.dispatch(campaign, account, route=route, repeat=("lookup", 600))
        ids = self._targets(account, people, route)
        self.house.as_owner(
            "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, ids, people)"
            " VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s)",
            campaign, dispatch, account, *(("batch:0001", "ids", json.dumps(ids)) if ids else ("all", "all", None)), people,
        )  # fmt: skip
        delivery = self.house.one("SELECT id FROM deliveries WHERE dispatch_id = %s", dispatch)
        self.until(delivery, "state NOT IN ('due', 'sending')")
        return int(delivery)

    def _targets(self, account: int, people: int, route: str) -> list[str]:
        record = self.servers[self._channel(account)].stage.accounts[self.ids[account]]
        if route == "customer":
            from qunfa_wecom.simulator.corps import Corp

            corp = Corp(self.ids[account], record)
            return [corp.customer(index) for index in range(people)]
        return [c["id"] for c in record["contacts"][:people]] if route == "assisted" else []

    def _channel(self, account: int) -> str:
        return str(self.house.one("SELECT channel FROM accounts WHERE id = %s", account))

    def turn(self) -> None:
        """One turn of the worker."""
        self.run(self.engine.turn(self.house.tenant))

    def until(self, delivery: int, condition: str, seconds: float = 8.0) -> None:
        """Take turns until a condition on the delivery holds."""
        query = f"SELECT {condition} FROM deliveries WHERE id = %s"
        for _ in range(int(seconds / 0.1)):
            self.turn()
            if self.house.one(query, delivery):
                return
            self.run(asyncio.sleep(0.1))
        raise AssertionError(self.house.rows("SELECT * FROM deliveries WHERE id = %s", delivery))

    def ask(self, delivery: int) -> None:
        """The next question is due now."""
        self.run(asyncio.sleep(0.15))
        self.house.run("UPDATE deliveries SET poll_at = now() WHERE id = %s AND poll_at IS NOT NULL", delivery)
        self.turn()

    def age(self, delivery: int, length: timedelta) -> None:
        """As if the platform had taken it on, and everything since had happened, so much earlier."""
        self.house.run(
            "UPDATE deliveries SET accepted_at = accepted_at - %s, started_at = started_at - %s,"
            " awaiting_until = awaiting_until - %s, poll_at = now() WHERE id = %s",
            length, length, length, delivery,
        )  # fmt: skip
        self.house.as_owner("UPDATE reminders SET asked_at = asked_at - %s WHERE delivery_id = %s", length, delivery)
        self.house.as_owner(
            "UPDATE quota_windows w SET starts_at = w.starts_at - %s, ends_at = w.ends_at - %s FROM reminders r"
            " WHERE r.window_id = w.id AND r.delivery_id = %s",
            length, length, delivery,
        )  # fmt: skip

    def counts(self, delivery: int) -> dict[str, Any]:
        """Where its people are."""
        return self.house.rows(OUT, delivery)[0]

    def patch(self, account: int, **record: Any) -> None:
        """What the platform believes now."""
        stage = self.servers[self._channel(account)].stage
        stage.keep(self.ids[account], {**stage.accounts[self.ids[account]], **record})

    def fault(self, channel: str, name: str, path: str, value: str = "", times: int = 1) -> None:
        """A fault of the platform."""
        self.servers[channel].stage.faults.add(Fault(name, path=path, value=value, times=times))

    def effects(self, channel: str, kind: str) -> list[Effect]:
        """What people saw."""
        return [effect for effect in self.servers[channel].stage.effects if effect.kind == kind]


@pytest.fixture
def crew(house: House, tmp_path: Path) -> Iterator[Crew]:
    house.client_id = house.client("Moon")  # type: ignore[attr-defined]
    with asyncio.Runner() as runner:
        crew = Crew(house, runner, Registry.from_entry_points(), tmp_path)
        crew.run(crew.open())
        yield crew
        crew.run(crew.close())


Sent = Callable[..., int]
