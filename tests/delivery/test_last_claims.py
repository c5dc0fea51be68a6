"""A claim that got all there is puts its dispatch to rest in the same transaction; nothing is forgotten by that."""

from __future__ import annotations

import asyncio
import os
import signal

from saas.kernel import failpoints
from tests.delivery.books import balance
from tests.delivery.conftest import Stage


def killed_after_its_claim(stage: Stage) -> None:
    """Another process takes a turn as a worker and is killed when it has claimed and called nobody yet."""
    child = os.fork()
    if not child:
        try:
            failpoints.arm(lambda point, _: os.kill(os.getpid(), signal.SIGKILL) if point == "after_claim" else None)
            stage.runner = asyncio.Runner()
            stage.run(stage.worker().engine.turn(stage.house.tenant))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_worker_killed_after_the_last_claim_of_a_dispatch_loses_nothing_and_nothing_goes_out_twice(
    stage: Stage,
) -> None:
    stage.ready(3, "keyed")
    killed_after_its_claim(stage)
    assert stage.house.rows("SELECT wake_at FROM dispatches") == [{"wake_at": None}]
    assert stage.states() == {"sending": 3}
    stage.house.run("UPDATE leases SET until = now() - interval '1 second'")
    assert stage.house.one("SELECT count(*) FROM tenants_with_work(now())") == 1
    stage.worker()
    stage.turns()
    assert stage.states() == {"sent": 3}
    assert len(stage.platform.effects) == 3
    balance(stage.house)


def test_a_dispatch_that_is_done_is_not_woken_again(stage: Stage) -> None:
    stage.ready(3, "keyed")
    stage.worker()
    stage.turns()
    assert stage.house.rows("SELECT wake_at FROM dispatches") == [{"wake_at": None}]
    assert stage.house.one("SELECT count(*) FROM tenants_with_work(now())") == 0
