"""A call that waits for a free connection: meanwhile it may be stopped, or its lease another's. Then it is not made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from saas.delivery import host
from saas.kernel import clock
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.conftest import Stage
from tests.delivery.test_stops import channels, resume, stop

__all__ = ["channels"]


def taken(house: House) -> None:
    """Somebody takes back what this worker holds, as for one that has slept too long."""
    with house.connect() as connection:  # in one transaction: between two its heartbeat would give it the time back
        connection.execute("UPDATE leases SET until = now() - interval '1 second'")
        connection.execute("SELECT expire_leases(%s)", (clock.now(),))


@pytest.mark.parametrize("meanwhile", [stop, taken], ids=["stopped", "taken over"])
def test_check_02_who_waited_for_a_line_asks_again_before_the_call(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[House], object]
) -> None:
    monkeypatch.setattr(host, "HEARTBEAT", 0.1)
    stage.ready(4, "keyed")
    stage.platform.held = asyncio.Event()
    worker = stage.worker(lines=1)

    async def both() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant))
        await stage.platform.busy.wait()
        await asyncio.get_running_loop().run_in_executor(None, meanwhile, stage.house)
        for _ in range(3000 if meanwhile is taken else 0):  # until its heartbeat has heard
            if not worker.host.leases.by_tenant():
                break
            await asyncio.sleep(0.02)
        stage.platform.held.set()
        await turn
        await worker.engine.close()

    stage.run(both())
    assert sum(stage.platform.calls.values()) == 1
    if meanwhile is stop:
        resume(stage.house)
    stage.wake()
    stage.turns(stage.worker())
    assert stage.states() == {"sent": 4}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)
