"""Answers that need a call: to QQ groups, inside the platform's window, once whatever dies, and never past a stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis.asyncio import Redis

from qunfa_qq_group.signature import ed25519
from saas.accounts.channels import registry
from saas.accounts.credentials import seal
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.channels.callback import CallbackRequest
from saas.channels.http import Http
from saas.channels.simulator import Effect, Enrolment, Fault
from saas.channels.simulator.server import Server
from saas.delivery import callbacks
from saas.delivery.host import Host
from saas.delivery.inbound.answering import LOST, Answering
from saas.delivery.inbound.rules import decide_rule, write_rule
from saas.delivery.inbound.wishes import RuleWish
from saas.delivery.quota_verify import verify
from saas.kernel.database import transaction
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House

PROGRAM = """
import asyncio, sys
from redis.asyncio import Redis
from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.channels.http import Http
from saas.delivery.host import Host
from saas.delivery.inbound.answering import Answering
from saas.kernel.pool import Pool
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings

async def main():
    pool = Pool(settings().database_url, 2)
    await pool.open()
    lines = Lines(pool, Redis.from_url(settings().redis_url), sealer_with(settings().encryption_keys), Http(4))
    await Answering(Host(lines, registry()), int(sys.argv[1])).run()

asyncio.run(main())
"""


class Groups:
    """A rehearsal bot with groups, its platform on a loop of its own, and a worker beside it."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.runner = house, asyncio.Runner()
        found = registry().get("qq_group")
        assert found is not None
        self.server = Server(found.hook.simulator(), folder)
        self.runner.run(self.server.start())
        self.hands = ThreadPoolExecutor(4)
        self.loop = self.runner.get_loop()
        self.turning = self.hands.submit(self.loop.run_forever)
        made = self.server.simulator.enrol(Enrolment("bots", "official", "茶友群", 2, ""), self.server.stage.address)
        self.id, self.record = made.id, {**made.record, "key": "bots", "callback_path": ""}
        self.server.stage.keep(self.id, self.record)
        client = house.client("Moon")
        with house.within(), transaction() as session:
            row = Account(client_id=client, key="bots", channel="qq_group", kind="official", name="茶友群", audience_size=2)
            row.settings = dict(made.settings)
            session.add(row)
            session.flush()
            row.credentials = seal(Sealer(settings().encryption_keys), house.tenant, row.id, made.credentials)
            session.flush()
            session.refresh(row)
            self.ref = row.callback_ref
        with house.within():
            wish = RuleWish("Moon", "规则", "message", {"kind": "text", "text": "九点开门"}, words=("几点",))
            rule = write_rule(house.actor("editor"), wish)
            decide_rule(house.actor("reviewer"), rule.id, rule.digest, True)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.turning.result(10)
        self.runner.run(self.server.stop())
        self.runner.close()
        self.hands.shutdown()

    def hear(self, number: str = "M1", age: float = 0.0) -> None:
        """A member names the bot; the platform knows the message and pushes it."""
        group = self.record["groups"][0]["id"]
        record = self.server.stage.accounts[self.id]
        record.setdefault("heard", {})[number] = {"group": group, "at": self.server.stage.timestamp() - age, "answers": []}
        now = str(int(time.time()))
        data = {"id": number, "content": "几点开门", "timestamp": str(int(time.time() - age)), "group_openid": group}
        told = {"id": f"E{number}", "op": 0, "t": "GROUP_AT_MESSAGE_CREATE", "d": {**data, "author": {"member_openid": "U1"}}}
        body = json.dumps(told).encode()
        headers = {
            "x-bot-appid": self.id, "x-signature-timestamp": now,
            "x-signature-ed25519": ed25519(str(self.record["secret"]), now.encode() + body),
        }  # fmt: skip
        with self.house.app.app_context():
            assert callbacks.receive(self.ref, CallbackRequest("POST", {}, headers, body, time.time())).status == 200

    def answer(self, workers: int = 1) -> None:
        """So many workers at once give what is due."""
        asyncio.run(self._answered(workers))

    async def _answered(self, workers: int) -> None:
        pool = Pool(settings().database_url, 8)
        await pool.open()
        redis, http = Redis.from_url(settings().redis_url), Http(8)
        try:
            lines = Lines(pool, redis, Sealer(settings().encryption_keys), http)
            await asyncio.gather(*(Answering(Host(lines, registry()), self.house.tenant).run() for _ in range(workers)))
        finally:
            for close in (http.close, redis.aclose, pool.close):
                await close()

    @property
    def seen(self) -> list[Effect]:
        """What the group has read in answer."""
        return self.server.stage.effects_of(self.id, "reply")

    def fault(self, name: str, value: str = "") -> None:
        self.server.stage.faults.add(Fault(name, "", "/messages", value, 1))  # type: ignore[arg-type]

    def told(self) -> list[tuple[str, str]]:
        """State and code of every answer; the books must agree."""
        with self.house.within():
            assert verify(self.house.actor("owner")).differences == []
        return [(row["state"], row["code"]) for row in self.house.rows("SELECT state, code FROM replies ORDER BY id")]


@pytest.fixture
def groups(house: House, tmp_path: Path) -> Iterator[Groups]:
    made = Groups(house, tmp_path)
    yield made
    made.close()


def test_a_question_in_a_group_is_answered_once_by_many_workers(house: House, groups: Groups) -> None:
    groups.hear()
    assert groups.told() == [("due", "")]
    assert house.one("SELECT count(*) FROM tenants_with_work(now()) w WHERE w.tenant_id = tenant()") == 1
    groups.answer(4)
    groups.answer()
    assert [(effect.key, effect.detail["text"]) for effect in groups.seen] == [("M1", "九点开门")]
    assert groups.told() == [("done", "")]
    assert house.one("SELECT sum(used) FROM quota_windows WHERE rule ~ '^(group|bot)_'") is None


def test_after_the_platforms_window_nothing_is_said(house: House, groups: Groups) -> None:
    groups.hear()
    house.as_owner("UPDATE replies SET until = now() - interval '1 second'")
    groups.answer()
    assert groups.told() == [("refused", "late")]
    groups.hear("M2", age=400)
    assert groups.told() == [("refused", "late")]
    assert groups.seen == []


def test_check_05_a_lost_answer_counts_as_said_and_is_not_repeated(groups: Groups) -> None:
    groups.fault("drop_after")
    groups.hear()
    for _ in range(3):
        groups.answer()
    assert groups.told() == [("unknown", "")]
    assert len(groups.seen) == 1


def test_check_01_a_worker_killed_in_the_call_has_used_its_answer(
    house: House, groups: Groups, environment: dict[str, str]
) -> None:
    groups.fault("delay", "30")
    groups.hear()
    line = [sys.executable, "-c", PROGRAM, str(house.tenant)]
    child = subprocess.Popen(line, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while groups.told() != [("calling", "")] and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    groups.answer()
    assert groups.told() == [("calling", "")], "whoever comes after it says nothing"
    house.as_owner("UPDATE replies SET asked_at = asked_at - interval '10 minutes'")
    house.run(LOST)
    assert groups.told() == [("unknown", "worker_lost")]
    groups.answer()
    assert len(groups.seen) <= 1


def test_the_platforms_refusal_is_told_and_costs_nothing(groups: Groups) -> None:
    groups.hear()
    groups.server.stage.accounts[groups.id]["heard"]["M1"]["answers"] = [1]
    groups.answer()
    assert groups.told() == [("unknown", "")]
    groups.hear("M2")
    groups.server.stage.accounts[groups.id]["muted"] = [groups.record["groups"][0]["id"]]
    groups.answer()
    assert groups.told()[1] == ("refused", "40054002")


@pytest.mark.parametrize("how", ["stop", "unsigned"])
def test_a_stop_or_a_word_taken_back_before_the_call_holds(house: House, groups: Groups, how: str) -> None:
    groups.hear()
    if how == "stop":
        house.run("UPDATE accounts SET status = 'stopped'")
    else:
        house.run(
            "INSERT INTO reply_rule_words (rule_id, digest, word, member_id) SELECT id, digest, 'reject', %s FROM reply_rules",
            house.members["admin"],
        )
    groups.answer()
    assert groups.told() == [("refused", "stopped" if how == "stop" else "unapproved")]
    assert groups.seen == []


def test_a_cap_that_is_full_stops_answers_to_one_group(groups: Groups) -> None:
    for number in range(8):
        groups.hear(f"M{number}")
    groups.answer()
    states = [state for state, _ in groups.told()]
    assert (states.count("done"), states.count("refused")) == (6, 2)
    assert len(groups.seen) == 6
