"""The kill switch: what is stopped begins no call any more, what was claimed goes back as it was, what is out is counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from saas.cli.accounts import accounts
from saas.delivery import stops as switch
from saas.delivery.release import cancel
from saas.delivery.tally import Tally
from saas.delivery.watch import LOOK, TRUST
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.conftest import Stage, Worker

PROMISED = 2.0
SOME = 4


@pytest.fixture(autouse=True)
def channels(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "registry", lambda: stage.registry)


def stop(house: House, scope: str = "tenant", name: str = "", role: str = "editor") -> switch.Stopped:
    with house.within():
        return switch.stop(house.actor(role), scope, name, "the client asked for it")


def resume(house: House, scope: str = "tenant", name: str = "") -> switch.Stop:
    with house.within():
        return switch.resume(house.actor("reviewer"), scope, name, "the client agreed")


async def under_way(stage: Stage) -> None:
    """Wait until some calls have begun."""
    for _ in range(2000):
        if len(stage.platform.begun) >= SOME:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing is sent")


def stopped_midway(stage: Stage, act: Callable[[], Any], worker: Worker) -> tuple[Any, list[float]]:
    """What ``act`` answers in the middle of a turn, and how many seconds after the stop was written calls still began."""

    async def both() -> Any:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant, seconds=20))
        await under_way(stage)
        answer = await asyncio.get_running_loop().run_in_executor(None, act)
        await turn
        return answer

    answer = stage.run(both())
    written = stage.house.one("SELECT max(at) FROM stops").timestamp()
    return answer, [at - written for at in stage.platform.begun if at > written]


@pytest.mark.parametrize("scope", ["tenant", "client", "account", "channel", "plugin"])
def test_a_stop_reaches_what_is_claimed_and_nothing_goes_out_after_two_seconds(stage: Stage, scope: str) -> None:
    dispatch = stage.ready(400, "keyed", rate=(50, 1.0, 8), caps={"day": 1000})
    account = stage.house.one("SELECT key FROM accounts")
    names = {"tenant": "", "client": "Moon", "account": account, "channel": "trial", "plugin": "qunfa-trial"}
    worker = stage.worker()
    answer, late = stopped_midway(stage, lambda: stop(stage.house, scope, names[scope]), worker)
    assert max(late, default=0.0) < PROMISED
    states = stage.states()
    assert set(states) == {"due", "sent"}
    assert answer.tally == Tally(states["sent"], states["due"], 0, 0, 1)
    assert len(stage.platform.effects) == states["sent"]
    assert stage.house.rows("SELECT used, reserved FROM quota_windows") == [{"used": states["sent"], "reserved": 0}]
    assert stage.house.one("SELECT count(*) FROM leases WHERE closed_at IS NULL") == 0
    balance(stage.house)
    stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.states() == states
    resume(stage.house, scope, names[scope])
    stage.turns(worker)
    assert stage.states() == {"sent": 400}
    assert set(stage.platform.reached.values()) == {1}
    assert stage.house.one("SELECT open_rows FROM dispatches WHERE id = %s", dispatch) == 0
    balance(stage.house)


def test_calls_on_their_way_are_named_and_what_they_bring_counts(stage: Stage) -> None:
    stage.ready(1000, "keyed", rate=(1000, 1.0, 4))
    stage.platform.delay = 4.0
    worker = stage.worker()
    answer, late = stopped_midway(stage, lambda: stop(stage.house), worker)
    assert late == []
    assert answer.tally.in_flight == 4
    assert (answer.tally.out, answer.tally.stopped) == (0, 996)
    assert stage.states() == {"due": 996, "sent": 4}
    balance(stage.house)


def test_without_a_word_from_the_database_no_call_begins(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.ready(200, "keyed", rate=(40, 1.0, 4))
    worker = stage.worker()

    async def cut() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant, seconds=20))
        await under_way(stage)
        lost = time.time()

        async def nothing(*_: object) -> set[int]:
            await asyncio.sleep(3600)
            return set()

        monkeypatch.setattr("saas.delivery.watch.store.halted", nothing)
        await asyncio.sleep(LOOK + TRUST + 0.5)
        assert max(stage.platform.begun) - lost < PROMISED
        assert not worker.host.watch.fresh()
        monkeypatch.undo()
        await turn

    stage.run(cut())
    stage.turns(worker)
    assert stage.states() == {"sent": 200}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


def test_check_10_cancel_reaches_what_is_claimed_and_each_has_one_outcome(stage: Stage) -> None:
    stage.ready(400, "keyed", rate=(50, 1.0, 8), caps={"day": 1000})
    campaign = stage.house.one("SELECT id FROM campaigns")
    first, second = stage.worker(), stage.worker()

    def act() -> Tally:
        with stage.house.within():
            return cancel(stage.house.actor("editor"), campaign)

    async def race() -> Tally:
        turns = [asyncio.create_task(w.engine.turn(stage.house.tenant, seconds=20)) for w in (first, second)]
        await under_way(stage)
        tally = await asyncio.get_running_loop().run_in_executor(None, act)
        await asyncio.gather(*turns)
        return tally

    tally = stage.run(race())
    out = len(stage.platform.effects)
    stage.turns(first)
    states = stage.states()
    assert set(states) == {"sent", "cancelled"}
    assert states["sent"] == out == len(stage.platform.effects) < 400
    assert (tally.out, tally.stopped, tally.in_flight) == (out, 400 - out, 0)
    assert stage.house.rows("SELECT used, reserved FROM quota_windows") == [{"used": out, "reserved": 0}]
    balance(stage.house)


def test_a_stop_in_the_middle_of_concurrent_claims_is_before_or_after_each(house: House, stage: Stage) -> None:
    stage.ready(6000, "blind", caps={"day": 10_000})
    dispatch = house.one("SELECT id FROM dispatches")
    query = "SELECT id FROM claim_deliveries(%s, now(), 5, interval '1 minute', 'w', '[]', 0)"
    last: list[float] = []

    def claimer() -> None:
        with house.connect() as connection:
            while connection.execute(query, (dispatch,)).fetchall():
                connection.commit()
                last.append(time.monotonic())
            connection.commit()

    with ThreadPoolExecutor(3) as pool:
        claimers = [pool.submit(claimer) for _ in range(2)]
        time.sleep(0.05)
        pool.submit(stop, house)
        for one in claimers:
            one.result()
    stopped = house.one("SELECT at FROM stops")
    assert house.one("SELECT count(*) FROM leases WHERE taken_at > %s + interval '1 second'", stopped) == 0
    assert house.one("SELECT count(*) FROM deliveries WHERE state = 'due'") > 0
    balance(house)


def test_a_stopped_dispatch_sleeps_and_is_missed_at_its_deadline_if_nobody_lets_it_go_on(stage: Stage) -> None:
    dispatch = stage.ready(3)
    stop(stage.house)
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    wakes = "SELECT wake_at - due_at - max_lateness AS n FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id"
    assert stage.house.one(wakes) == timedelta(0)
    assert stage.house.one("SELECT count(*) FROM tenants_with_work(now())") == 0
    stage.house.run("UPDATE campaigns SET due_at = now() - interval '3 hours'")
    stage.house.run("UPDATE dispatches SET wake_at = now() WHERE id = %s", dispatch)
    resume(stage.house)
    stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.states() == {"missed": 3}
    assert stage.platform.effects == []
    balance(stage.house)


@pytest.mark.parametrize("stop_by", ["UPDATE accounts SET status = 'stopped'", "UPDATE clients SET stopped_at = now()"])
def test_an_account_that_was_switched_off_is_not_asked_again_every_moment(stage: Stage, stop_by: str) -> None:
    stage.ready(3)
    stage.house.run(stop_by)
    stage.run(stage.worker().engine.turn(stage.house.tenant))
    assert stage.house.one("SELECT count(*) FROM tenants_with_work(now() + interval '1 minute')") == 0


def test_two_stops_of_one_account_must_both_be_lifted(stage: Stage) -> None:
    stage.ready(3)
    stop(stage.house, "client", "Moon")
    stop(stage.house, "channel", "trial")
    worker = stage.worker()
    resume(stage.house, "client", "Moon")
    stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.states() == {"due": 3}
    resume(stage.house, "channel", "trial")
    stage.turns(worker)
    assert stage.states() == {"sent": 3}


def test_what_may_be_out_already_keeps_its_quota_through_a_stop(stage: Stage) -> None:
    stage.ready(1, "keyed", caps={"day": 1})
    stage.platform.script["r00001"] = ["drop_after"]
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    stop(stage.house)
    stage.wake()
    stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.house.rows("SELECT state, reserved_by IS NOT NULL AS held FROM deliveries") == [{"state": "due", "held": True}]
    assert sum(stage.platform.calls.values()) == 1
    resume(stage.house)
    stage.turns(worker)
    assert stage.states() == {"sent": 1}
    assert stage.platform.reached == {"r00001": 1}
    balance(stage.house)


def test_a_stop_says_who_when_and_why_and_its_line_stays(stage: Stage) -> None:
    with stage.house.within():
        stage.house.client("Moon")
        found = switch.stop(stage.house.actor("editor"), "client", "Moon", "wrong price").stop
        switch.resume(stage.house.actor("reviewer"), "client", "Moon", "price is right")
        [line] = switch.list_stops(stage.house.actor("analyst"))
        assert switch.list_stops(stage.house.actor("analyst"), lifted=False) == []
    assert (found.scope, found.subject, found.reason, found.by, found.lifted_at) == (
        "client",
        "Moon",
        "wrong price",
        "editor",
        None,
    )
    assert (line.id, line.lifted_by, line.lifted_for) == (found.id, "reviewer", "price is right")
    assert line.lifted_at is not None
    actions = stage.house.rows("SELECT action, subject FROM audit_log WHERE action LIKE 'stops.%%' ORDER BY id")
    assert [row["action"] for row in actions] == ["stops.stop", "stops.resume"]
    assert {row["subject"] for row in actions} == {"client:Moon"}


def test_the_list_of_accounts_says_what_is_stopped(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    house = stage.house
    house.account("mine")
    house.account("other", client="Sun")
    stop(house, "account", "mine")
    listed = CliRunner().invoke(accounts, ["list", "--as", "owner@house.test"]).stdout
    said = {line.split()[0]: "已停止，见 stops" in line for line in listed.splitlines() if line.startswith(("mine", "other"))}
    assert said == {"mine": True, "other": False}


def test_what_cannot_be_stopped_is_said(stage: Stage) -> None:
    stage.ready(1)
    house = stage.house
    for scope in ("tenant", "client", "account", "channel", "plugin"):
        with pytest.raises(NotFound):
            stop(house, scope, "nobody")
    for reason in (" ", "x" * 2001):
        with pytest.raises(Invalid), house.within():
            switch.stop(house.actor("editor"), "tenant", "", reason)
    with pytest.raises(Invalid):
        stop(house, "planet")
    with pytest.raises(Conflict):
        resume(house)
    stop(house)
    with pytest.raises(Conflict):
        stop(house)
    with pytest.raises(Forbidden):
        stop(house, "channel", "trial", role="analyst")
    with pytest.raises(Forbidden), house.within():
        switch.resume(house.actor("editor"), "tenant", "")


def test_a_finished_campaign_is_not_cancelled_afterwards(stage: Stage) -> None:
    stage.ready(3)
    stage.turns(stage.worker())
    campaign = stage.house.one("SELECT id FROM campaigns")
    with stage.house.within():
        tally = cancel(stage.house.actor("editor"), campaign)
    assert tally == Tally(3, 0, 0, 0, 1)
    assert stage.house.one("SELECT state FROM campaigns") == "released"
