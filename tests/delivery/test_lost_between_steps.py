"""A call of several steps whose worker slept, or was given up, between two of them: the step that reaches people is not made."""

from __future__ import annotations

import asyncio

import pytest

from saas.delivery import host
from saas.kernel import clock
from tests.delivery.books import balance
from tests.delivery.conftest import Stage

STEP = 0.8


async def taken_by_another(stage: Stage) -> None:
    """In the middle of the calls somebody takes back what this worker holds, as for one that has slept too long."""
    for _ in range(200):
        if stage.house.one("SELECT count(*) FROM leases"):
            break
        await asyncio.sleep(0.02)
    stage.house.run("UPDATE leases SET until = now() - interval '1 second'")
    stage.house.rows("SELECT expire_leases(%s)", clock.now())


@pytest.mark.parametrize(
    ("heartbeat", "safe"), [(60.0, 0.4), (0.1, host.SAFE_SECONDS)], ids=["by its own clock", "by the database"]
)
def test_check_02_who_lost_its_lease_between_two_steps_does_not_make_the_second(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, heartbeat: float, safe: float
) -> None:
    stage.ready(4, "keyed", steps=STEP)
    with monkeypatch.context() as patch:
        patch.setattr(host, "HEARTBEAT", heartbeat)
        patch.setattr(host, "SAFE_SECONDS", safe)
        sleeper = stage.worker()

        async def both() -> None:
            turn = asyncio.create_task(sleeper.engine.turn(stage.house.tenant))
            if heartbeat < safe:
                await taken_by_another(stage)
            await turn
            await sleeper.engine.close()

        stage.run(both())
    assert stage.platform.reached == {}
    assert stage.states() == {"due": 4}
    stage.wake()
    stage.turns(stage.worker())
    assert stage.states() == {"sent": 4}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)
