"""Whole turns of the engine against a platform that misbehaves: each person is reached at most once, and accounted for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from saas.kernel import clock
from tests.delivery.books import balance
from tests.delivery.conftest import Stage

CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"""


def test_everybody_is_reached_once_by_two_engines_at_the_same_time(stage: Stage) -> None:
    """check_07: many workers, many dispatches, no row twice."""
    for _ in range(3):
        stage.ready(150)
    first, second = stage.worker(), stage.worker()
    stage.turns(first, second)
    assert stage.states() == {"sent": 450}
    assert len(stage.platform.effects) == 450
    assert sum(stage.platform.calls.values()) == 450
    balance(stage.house)


def test_check_06_a_hundred_wake_ups_of_one_dispatch_are_one_call_for_each_person(stage: Stage) -> None:
    stage.ready(5)
    worker = stage.worker()

    async def crowd() -> None:
        await asyncio.gather(*(worker.engine.turn(stage.house.tenant) for _ in range(100)))
        await worker.engine.close()

    stage.run(crowd())
    stage.turns()  # on a busy machine the time of all hundred may be up before the last person's claim
    assert stage.states() == {"sent": 5}
    assert set(stage.platform.calls.values()) == {1}
    balance(stage.house)


def test_check_05_a_dropped_answer_with_nothing_to_ask_by_is_unknown_and_never_repeated(stage: Stage) -> None:
    stage.ready(3)
    stage.platform.script["r00002"] = ["drop_after"]
    stage.worker()
    stage.turns()
    stage.wake()
    stage.run(stage.workers[0].engine.turn(stage.house.tenant))
    assert stage.states() == {"sent": 2, "unknown": 1}
    assert set(stage.platform.calls.values()) == {1}
    assert stage.house.rows("SELECT reserved_by IS NOT NULL AS held FROM deliveries WHERE state = 'unknown'") == [{"held": True}]
    balance(stage.house)


def test_a_dropped_answer_is_repeated_by_its_key_and_the_platform_answers_as_before(stage: Stage) -> None:
    stage.ready(2, "keyed", caps={"day": 2})
    stage.platform.script["r00001"] = ["drop_after", "drop_after"]
    stage.worker()
    stage.turns()
    assert stage.states() == {"sent": 2}
    assert stage.platform.reached == {"r00001": 1, "r00002": 1}
    assert stage.platform.calls["r00001"] == 3
    assert stage.house.rows("SELECT used, reserved FROM quota_windows") == [{"used": 2, "reserved": 0}]
    balance(stage.house)


@pytest.mark.parametrize("answer", ["refused", "throttled", "exhausted", "unauthorized"])
def test_no_answer_to_a_repeat_makes_what_may_be_out_look_as_if_it_were_not(stage: Stage, answer: str) -> None:
    stage.ready(1, "keyed", caps={"day": 1})
    stage.platform.script["r00001"] = ["drop_after", *[answer] * 8]
    stage.worker()
    for _ in range(8):
        stage.wake()
        stage.run(stage.workers[0].engine.turn(stage.house.tenant))
    assert stage.states() == {"unknown": 1}
    assert stage.house.rows("SELECT used, reserved FROM quota_windows") == [{"used": 0, "reserved": 1}]
    balance(stage.house)


def test_a_lost_answer_is_found_by_asking_and_what_never_arrived_is_sent_again(stage: Stage) -> None:
    stage.ready(3, "looked")
    stage.platform.script |= {"r00001": ["drop_after"], "r00002": ["drop_before"]}
    stage.worker()
    stage.turns()
    for _ in range(4):
        stage.wake()
        stage.run(stage.workers[0].engine.turn(stage.house.tenant))
    assert stage.states() == {"sent": 3}
    assert stage.platform.reached == {"r00001": 1, "r00002": 1, "r00003": 1}
    codes = {row["target"]: row["code"] for row in stage.house.rows("SELECT target, code FROM deliveries")}
    assert codes["r00001"] == "found"
    balance(stage.house)


def test_a_refusal_is_one_persons_and_gives_its_quota_back(stage: Stage) -> None:
    stage.ready(3, caps={"day": 10})
    stage.platform.script["r00002"] = ["refused"]
    stage.worker()
    stage.turns()
    assert stage.states() == {"failed": 1, "sent": 2}
    assert stage.house.rows("SELECT code, reason FROM deliveries WHERE state = 'failed'") == [{"code": "17", "reason": "not you"}]
    assert stage.house.rows("SELECT used, reserved FROM quota_windows") == [{"used": 2, "reserved": 0}]
    balance(stage.house)


def test_too_fast_is_tried_again_a_little_later(stage: Stage) -> None:
    stage.ready(4)
    stage.platform.script["r00001"] = ["throttled"]
    stage.worker()
    stage.turns()
    assert stage.states() == {"sent": 4}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


def test_a_cap_the_platform_knows_of_puts_off_the_rest_or_skips_it(stage: Stage) -> None:
    dispatch = stage.ready(4, rate=(1000, 1.0, 1))
    stage.platform.script["r00002"] = ["exhausted"]
    stage.worker()
    stage.turns()
    assert stage.states() == {"sent": 1, "skipped": 3}
    found = stage.house.rows(
        "SELECT code, next_possible_at > now() + interval '4 hours' AS later FROM dispatches WHERE id = %s", dispatch
    )
    assert found == [{"code": "exhausted", "later": True}]
    balance(stage.house)


def test_an_account_that_may_not_send_stops_alone_and_says_why(stage: Stage) -> None:
    broken, sound = stage.ready(5), stage.ready(5)
    targets = stage.house.rows("SELECT id FROM deliveries WHERE dispatch_id = %s", broken)
    stage.house.as_owner("UPDATE deliveries SET target = 'x' || target WHERE dispatch_id = %s", broken)
    stage.platform.script |= {f"xr{n:05d}": ["unauthorized"] for n in range(1, len(targets) + 1)}
    stage.worker()
    stage.turns()
    assert stage.states() == {"sent": 5, "skipped": 5}
    codes = {row["id"]: row["code"] for row in stage.house.rows("SELECT id, code FROM dispatches")}
    assert codes == {broken: "credentials", sound: ""}
    assert [r["trouble"] for r in stage.house.rows("SELECT trouble FROM accounts ORDER BY id")] == ["credentials", ""]
    balance(stage.house)


def test_the_own_cap_holds_whatever_the_platform_would_take(stage: Stage) -> None:
    stage.ready(9, lateness=timedelta(minutes=1), caps={"day": 4})  # so short that no new day begins within it
    first, second = stage.worker(), stage.worker()
    stage.turns(first, second)
    assert stage.states() == {"sent": 4, "skipped": 5}
    assert len(stage.platform.effects) == 4
    balance(stage.house)


def test_what_is_too_late_is_missed_and_not_sent(stage: Stage) -> None:
    campaign = stage.house.campaign(lateness=timedelta(hours=1), due="now() - interval '2 hours'")
    stage.house.dispatch(campaign, stage.house.account("late", kind="blind", address=stage.platform.address), rows=3)
    stage.worker()
    stage.turns()
    assert stage.states() == {"missed": 3}
    assert stage.platform.effects == []
    balance(stage.house)


def test_a_campaign_that_is_not_released_sends_nothing_whoever_wakes_it(stage: Stage) -> None:
    for state in ("awaiting_approval", "approved", "cancelled"):
        campaign = stage.house.campaign(state=state)
        stage.house.dispatch(
            campaign, stage.house.account(f"of-{state[:5]}", kind="blind", address=stage.platform.address), rows=2
        )
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.platform.effects == []
    assert "sent" not in stage.states()
    balance(stage.house)


def test_check_13_twenty_workers_that_need_a_token_fetch_it_once_and_once_more_when_it_is_stale(stage: Stage) -> None:
    for _ in range(20):
        stage.ready(1, "keyed", with_token=True)  # by key: an answer that a busy machine gives late is asked for again
    stage.house.as_owner("UPDATE dispatches SET account_id = (SELECT min(id) FROM accounts)")
    stage.house.as_owner("UPDATE deliveries SET account_id = (SELECT min(id) FROM accounts)")
    workers = [stage.worker(connections=2) for _ in range(20)]
    stage.turns(*workers)
    assert (stage.platform.tokens_given, stage.states()) == (1, {"sent": 20})
    stage.platform.token = "t2"
    campaign = stage.house.campaign()
    stage.house.dispatch(campaign, stage.house.one("SELECT min(id) FROM accounts"), rows=20, repeat=("key", 3600))
    stage.turns(*workers)
    assert (stage.platform.tokens_given, stage.states()) == (2, {"sent": 40})


def test_a_worker_that_lost_its_lease_calls_nobody_any_more(stage: Stage) -> None:
    """check_02: what another may have taken over is not sent by the first."""
    stage.ready(30, "keyed", rate=(10, 1.0, 1))
    worker = stage.worker()

    async def lose() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant))
        for _ in range(2000):
            if len(stage.platform.effects) >= 2:
                break
            await asyncio.sleep(0.01)
        lost = worker.host.leases.by_tenant().get(stage.house.tenant, [])
        for lease in lost:
            worker.host.leases.drop(lease)
        called = set(stage.platform.reached)
        held = {row["target"] for row in stage.house.rows("SELECT target FROM deliveries WHERE fence = ANY (%s)", lost)}
        await turn
        assert held - called
        assert len(held & set(stage.platform.reached) - called) <= 1

    stage.run(lose())
    balance(stage.house)


def test_a_killed_workers_deliveries_are_taken_back_and_each_reached_once(stage: Stage) -> None:
    stage.ready(40, "keyed")
    stage.platform.delay = 0.2
    killed, other = stage.worker(), stage.worker()

    async def kill() -> None:
        turn = asyncio.create_task(killed.engine.turn(stage.house.tenant))
        await asyncio.sleep(0.35)
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)

    stage.run(kill())
    stage.house.run("UPDATE leases SET until = now() - interval '1 second' WHERE closed_at IS NULL")
    stage.turns(other)
    assert stage.states() == {"sent": 40}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


def test_sealed_credentials_that_do_not_open_stop_only_their_account(stage: Stage) -> None:
    moved, sound = stage.ready(2), stage.ready(2)
    stage.house.run("UPDATE accounts SET credentials = (SELECT credentials FROM accounts ORDER BY id DESC LIMIT 1)")
    stage.worker()
    stage.turns()
    states = {row["dispatch_id"]: row["state"] for row in stage.house.rows("SELECT DISTINCT dispatch_id, state FROM deliveries")}
    assert states == {moved: "skipped", sound: "sent"}
    assert stage.house.rows("SELECT code FROM dispatches WHERE id = %s", moved) == [{"code": "credentials"}]


def test_a_database_that_goes_away_in_the_middle_loses_no_outcome(stage: Stage) -> None:
    stage.ready(60)
    stage.platform.delay = 0.1
    worker = stage.worker()

    async def cut() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant))
        await asyncio.sleep(0.25)
        stage.house.run(CUT)
        await asyncio.gather(turn, return_exceptions=True)

    stage.run(cut())
    assert worker.host.leases.by_tenant() == {}
    stage.house.run("UPDATE leases SET until = now() - interval '1 second' WHERE closed_at IS NULL")
    stage.turns(worker)
    assert set(stage.platform.calls.values()) == {1}
    states = stage.states()
    assert states.get("sent", 0) + states.get("unknown", 0) == 60
    assert states["sent"] >= len(stage.platform.effects) - 4
    balance(stage.house)


def test_the_clock_of_a_turn_is_utc_and_aware() -> None:
    assert clock.now().utcoffset() == timedelta(0)
