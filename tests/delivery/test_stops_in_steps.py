"""A stop in the middle of a send that takes several steps: the one that reaches people is not taken any more."""

from __future__ import annotations

import asyncio

import pytest

from saas.delivery import stops as switch
from tests.delivery.books import balance
from tests.delivery.conftest import Stage
from tests.delivery.test_stops import resume, stop


@pytest.fixture(autouse=True)
def channels(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "registry", lambda: stage.registry)


def test_a_send_of_several_steps_stops_before_the_one_that_reaches_people(stage: Stage) -> None:
    stage.ready(8, "blind", rate=(50, 1.0, 8), caps={"day": 1000}, steps=1.5)
    worker = stage.worker()

    async def both() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant, seconds=20))
        for _ in range(200):
            if stage.states().get("sending"):
                break
            await asyncio.sleep(0.02)
        await asyncio.to_thread(stop, stage.house)
        await turn

    stage.run(both())
    assert stage.platform.begun == []
    assert stage.states() == {"due": 8}
    assert stage.house.one("SELECT sum(used + reserved) FROM quota_windows") == 0
    balance(stage.house)
    resume(stage.house)
    stage.house.run("UPDATE deliveries SET due_at = now()")
    stage.turns(worker)
    assert stage.states() == {"sent": 8}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)
