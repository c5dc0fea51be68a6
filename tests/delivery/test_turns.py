"""A turn ends, whatever a platform does: no row, chunk or lease holds a worker for ever. And it keeps to the clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from saas.delivery.host import CALL_MARGIN, LEASE, Leases, moment
from tests.delivery.books import balance
from tests.delivery.conftest import Stage


def test_recipients_that_become_due_one_after_the_other_never_stop_the_worker(stage: Stage) -> None:
    """The later ones lie behind the cursor each time: the claimer goes round many times within one turn."""
    stage.ready(600, kind="keyed")
    worker = stage.worker()

    async def trickle() -> None:
        async with worker.lines.pool.tenant(stage.house.tenant) as connection:
            await connection.execute("UPDATE deliveries SET due_at = now() + (600 - id) * interval '2 milliseconds'")
        await asyncio.wait_for(worker.engine.turn(stage.house.tenant), 20)

    stage.run(trickle())
    stage.wake()
    stage.turns()
    assert stage.states() == {"sent": 600}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


def test_check_14_what_midnight_overtakes_is_sent_in_the_quota_of_the_new_day(stage: Stage) -> None:
    midnight = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    account = stage.house.account("late", kind="keyed", address=stage.platform.address, caps={"day": 12}, rate=(1000, 1.0, 1))
    stage.house.dispatch(stage.house.campaign(lateness=timedelta(days=9)), account, rows=12, repeat=("key", 3600))
    stage.platform.delay = 0.25
    with time_machine.travel(midnight - timedelta(seconds=1), tick=True):
        stage.worker()
        stage.turns()
    found = stage.house.rows("SELECT starts_at, used, reserved FROM quota_windows ORDER BY starts_at")
    assert [row["starts_at"] for row in found] == [(midnight - timedelta(days=1)).astimezone(UTC), midnight.astimezone(UTC)]
    assert all(0 < row["used"] < 12 for row in found)
    assert sum(row["used"] for row in found) == 12
    assert stage.states() == {"sent": 12}
    balance(stage.house)


def test_a_lease_runs_from_the_question_and_not_from_the_answer() -> None:
    leases, (steady, wall) = Leases(), moment()
    leases.hold(1, 7, (steady, wall))
    assert leases.may_call(7)
    leases.hold(1, 7, (steady - LEASE.total_seconds() + CALL_MARGIN, wall))
    assert not leases.may_call(7)


@pytest.mark.parametrize("step", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_check_14_no_step_of_the_clock_makes_a_lease_longer(step: timedelta) -> None:
    leases = Leases()
    leases.hold(1, 7, (time.monotonic() - 19, time.time() - 19))
    assert leases.may_call(7)
    with time_machine.travel(datetime.now(UTC) + step, tick=True):
        assert leases.may_call(7) == (step < timedelta())
        leases.hold(1, 8, (time.monotonic() - 21, time.time() - 21 - step.total_seconds()))
        assert not leases.may_call(8)


def test_a_heartbeat_never_revives_a_lease_that_was_let_go() -> None:
    leases = Leases()
    leases.hold(1, 7, moment())
    leases.drop(7)
    leases.renew(1, 7, moment())
    assert leases.by_tenant() == {}
