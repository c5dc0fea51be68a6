"""What comes at an awkward moment: a stop after a throttle, a late answer, an end of a window, an odd word, a sleeper."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from saas.accounts import switches
from saas.channels import (
    Account,
    CallbackRequest,
    Cap,
    Delivery,
    Exhausted,
    Limits,
    Outcome,
    Platform,
    Progress,
    Rate,
    Receipt,
    Throttled,
    Window,
    hookimpl,
)
from saas.channels.registry import Registry
from saas.delivery import callbacks, sending, store
from saas.delivery import stops as switch
from saas.delivery.host import Leases, moment
from saas.delivery.inbox import apply_inbox
from saas.delivery.release import cancel
from saas.kernel import clock, failpoints, pool
from tests.delivery.books import balance
from tests.delivery.conftest import Stage
from tests.delivery.test_last_claims import killed_after_its_claim
from tests.delivery.test_stops import resume, stop
from tests.delivery.trial import TrialChannel

GROUP = "group_per_day"


class Awkward(TrialChannel):
    """Answers by the recipient's place: the first odd, the others well, in steps of ``slowly`` seconds."""

    def __init__(self, first: Outcome, slowly: float = 0.0, caps: tuple[Cap, ...] = ()) -> None:
        self.first, self.slowly, self.caps = first, slowly, caps

    @hookimpl
    def limits(self, account: Account, now: datetime) -> Limits:
        return Limits(caps=self.caps, rate=Rate(1000, 1.0, 8))

    @hookimpl
    async def send(self, account: Account, delivery: Delivery, platform: Platform) -> Outcome:
        if delivery.target.ids[0] == "r00001":
            return self.first
        if self.slowly:
            await asyncio.sleep(self.slowly)
            await platform.go_ahead()
        body = {"key": delivery.key, "to": delivery.target.ids[0]}
        await platform.http.post(f"{account.settings['address']}/send", json=body)
        return Receipt({"id": delivery.key}, Progress(delivered=1, final=True))


def with_channel(stage: Stage, plugin: object, patch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    registry.register("trial", plugin, "qunfa-trial")
    registry.freeze()
    stage.registry = registry
    patch.setattr(switch, "registry", lambda: registry)


def test_a_stop_reaches_calls_of_several_steps_after_a_sibling_was_throttled(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_channel(stage, Awkward(Throttled(0.3), slowly=2.0), monkeypatch)
    stage.ready(4)
    worker = stage.worker()

    async def both() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant, seconds=20))
        for _ in range(500):
            if stage.house.one("SELECT count(*) FROM leases"):
                break
            await asyncio.sleep(0.02)
        await asyncio.to_thread(stop, stage.house)
        await turn
        await worker.engine.close()

    stage.run(both())
    assert stage.platform.begun == []
    assert stage.states() == {"due": 4}


def test_what_is_used_up_for_one_group_leaves_the_others_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    used_up = Exhausted(GROUP, clock.now() + timedelta(hours=5), "40034107", "this group's day is used up")
    with_channel(stage, Awkward(used_up, caps=(Cap(GROUP, "target", Window("day"), 4),)), monkeypatch)
    stage.ready(20)
    stage.run(stage.worker().engine.turn(stage.house.tenant))
    assert stage.states() == {"sent": 19, "due": 1}
    assert stage.house.one("SELECT due_at > now() + interval '4 hours' FROM deliveries WHERE state = 'due'")


@pytest.mark.parametrize(
    "odd",
    [
        Throttled(float("inf")),
        Throttled(None),  # type: ignore[arg-type]
        Exhausted("day", None),  # type: ignore[arg-type]
        Receipt({"id": "x"}, Progress(delivered=None, final=True)),  # type: ignore[arg-type]
        Receipt({"id": "x"}, Progress(delivered=10**30, final=True)),
        Receipt({"id": "x"}, Progress(poll_after=float("inf"))),
        Receipt({"id": object()}, Progress(delivered=1, final=True)),  # type: ignore[dict-item]
    ],
    ids=["for ever", "no seconds", "no end", "no number", "too many", "never again", "no text"],
)
def test_an_answer_that_cannot_be_kept_spoils_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch, odd: Outcome) -> None:
    with_channel(stage, Awkward(odd), monkeypatch)
    stage.ready(4)
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    assert "sending" not in stage.states()
    assert stage.states().get("sent", 0) + stage.states().get("due", 0) >= 3
    assert stage.house.one("SELECT count(*) FROM deliveries WHERE target <> 'r00001' AND state = 'unknown'") == 0


def test_an_absent_that_comes_late_says_nothing_of_a_later_attempt(stage: Stage) -> None:
    stage.ready(1, "looked")
    stage.platform.script["r00001"] = ["nothing", "drop_after"]
    stage.platform.dedupes = False
    early, later = stage.worker(), stage.worker()
    asked, answer = asyncio.Event(), asyncio.Event()
    hook = stage.registry.get("trial").hook  # type: ignore[union-attr]
    lookup = hook.lookup

    async def slow_once(**words: Any) -> Outcome:
        found: Outcome = await lookup(**words)
        if not asked.is_set():
            asked.set()
            await answer.wait()
        return found

    hook.lookup = slow_once

    async def story() -> None:
        await early.engine.turn(stage.house.tenant)
        stage.wake()
        slow = asyncio.create_task(early.engine.turn(stage.house.tenant))
        await asked.wait()
        stage.wake()  # its hold is over: another asks as well, and sends again
        for _ in range(4):
            await later.engine.turn(stage.house.tenant)
        assert stage.states() == {"unknown": 1}
        assert stage.platform.reached["r00001"] == 1
        answer.set()
        await slow
        await early.engine.close()
        assert stage.states() == {"unknown": 1}
        for _ in range(3):
            await later.engine.turn(stage.house.tenant)

    stage.run(story())
    assert stage.platform.reached["r00001"] == 1


def test_what_a_lost_worker_held_is_unknown_or_closed_when_its_campaign_was_cancelled_meanwhile(stage: Stage) -> None:
    stage.ready(3, "keyed", caps={"day": 5})
    killed_after_its_claim(stage)
    with stage.house.within():
        cancel(stage.house.actor("editor"), stage.house.one("SELECT max(id) FROM campaigns"))
    stage.house.run("UPDATE leases SET until = now() - interval '1 second'")
    worker = stage.worker()
    for _ in range(3):
        stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.states() == {"unknown": 3}
    assert stage.house.one("SELECT unknown FROM dispatches") == 3
    balance(stage.house)


@pytest.mark.parametrize(("answer", "state"), [("drop_before", "unknown"), ("taken", "accepted")])
def test_an_event_with_somebody_elses_id_marks_no_delivery_of_ours(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, answer: str, state: str
) -> None:
    monkeypatch.setattr(switches, "registry", lambda: stage.registry)
    stage.ready(1)
    stage.platform.script["r00001"] = [answer]
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.states() == {state: 1}
    event = {"dedupe": "x1", "id": "somebody-elses-77", "target": "r00001", "delivered": 1}
    pushed = CallbackRequest("POST", {"secret": "right"}, {}, json.dumps([event]).encode(), 0.0)
    with stage.house.app.app_context():
        assert callbacks.receive(stage.house.one("SELECT callback_ref FROM accounts"), pushed).status == 200
    stage.run(apply_inbox(worker.lines.pool, stage.house.tenant))
    assert stage.states() == {state: 1}


def test_no_step_is_made_after_the_quota_window_it_was_reserved_in() -> None:
    leases = Leases()
    leases.hold(1, 7, moment(), clock.unix() + 60)
    leases.hold(1, 8, moment(), clock.unix() - 0.001)
    leases.renew(1, 8, moment())
    assert leases.may_call(7)
    assert not leases.may_call(8)


def test_a_part_of_a_lease_that_could_not_be_written_is_taken_back_with_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "registry", lambda: stage.registry)
    monkeypatch.setattr(sending, "WRITE_WAITS", (0.01, 0.01))
    stage.ready(40, "keyed", rate=(1000, 1.0, 4))
    stage.platform.delay = 1.0
    worker = stage.worker()

    async def away(*_: object) -> int:
        raise psycopg.OperationalError("the database is away")

    async def both() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant, seconds=20))
        await stage.platform.busy.wait()
        await asyncio.to_thread(stop, stage.house)
        await turn
        await worker.engine.close()

    with monkeypatch.context() as patch:
        patch.setattr(store, "hand_back", away)
        stage.run(both())
    assert stage.states()["sending"] > 0
    stage.platform.delay = 0.0
    resume(stage.house)
    stage.house.run("UPDATE leases SET until = now() - interval '1 hour'")
    stage.turns(stage.worker())
    assert stage.states() == {"sent": 40}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


@contextmanager
def asleep(stage: Stage, point: str) -> Iterator[None]:
    """A worker that is stopped at that point, in the middle of its transaction."""
    child = os.fork()
    if not child:
        try:
            failpoints.arm(lambda one, _: os.kill(os.getpid(), signal.SIGSTOP) if one == point else None)
            stage.runner = asyncio.Runner()
            stage.run(stage.worker().engine.turn(stage.house.tenant))
        finally:
            os._exit(1)
    try:
        assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
        yield
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def test_a_worker_asleep_in_a_transaction_holds_up_neither_a_stop_nor_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "registry", lambda: stage.registry)
    monkeypatch.setitem(pool.KWARGS, "options", "-c timezone=UTC -c idle_in_transaction_session_timeout=1s")
    stage.ready(3, "keyed", caps={"day": 5})
    with asleep(stage, "in_claim"):
        stop(stage.house)
        resume(stage.house)
        stage.wake()
        stage.turns(stage.worker())
    assert stage.states() == {"sent": 3}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


def test_the_server_ends_a_transaction_in_which_a_worker_sleeps() -> None:
    assert "idle_in_transaction_session_timeout=10s" in pool.KWARGS["options"]
