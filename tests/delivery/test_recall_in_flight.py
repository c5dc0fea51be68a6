"""A recall and what is on its way: it is taken back once it has landed, whoever asked is gone by then."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from saas.delivery import recall as recalls
from saas.delivery import recall_scope
from saas.delivery.taking_back import LOOK_AGAIN, SETTLE_FIRST, Answered, not_out
from tests.delivery.books import balance
from tests.delivery.conftest import Stage

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def channels(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (recalls, recall_scope):
        monkeypatch.setattr(module, "registry", lambda: stage.registry)
    monkeypatch.setattr(recalls, "IN_FLIGHT_SECONDS", 0.0)


def test_what_was_long_on_its_way_is_taken_back_when_it_lands_even_if_whoever_asked_is_gone(stage: Stage) -> None:
    campaign = stage.house.campaign()
    account = stage.house.account("slow", kind="recalled", address=stage.platform.address)
    stage.house.dispatch(campaign, account, rows=2)
    stage.platform.delay, worker = 1.0, stage.worker()

    async def recalled_in_the_middle() -> list[dict[str, Any]]:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant))
        async with asyncio.timeout(10):
            await stage.platform.busy.wait()
        found = await asyncio.get_running_loop().run_in_executor(None, act)
        await turn
        return found

    def act() -> list[dict[str, Any]]:
        with stage.house.within():
            return recalls.recall(stage.house.actor("editor"), campaign)

    found = stage.run(recalled_in_the_middle())
    assert "in_flight" in {part["fate"] for part in found[0]["parts"]}
    assert stage.platform.recalls == {}
    stage.house.run("UPDATE recalls SET again_at = now()")
    stage.turns(until="NOT EXISTS (SELECT 1 FROM recalls WHERE again_at IS NOT NULL)")
    stage.run(worker.engine.turn(stage.house.tenant))
    assert set(stage.states()) <= {"recalled", "cancelled"}
    assert stage.platform.gone == set(stage.platform.reached)
    assert {row["outcome"] for row in stage.house.rows("SELECT outcome FROM recalls")} == {"done"}
    balance(stage.house)


def test_a_wish_to_take_back_waits_for_what_is_not_out_yet_and_ends_with_what_never_was() -> None:
    assert not_out({"state": "sending", "reserved_by": 1}, NOW).again == NOW + LOOK_AGAIN
    assert not_out({"state": "due", "reserved_by": 1}, NOW).outcome == "later"
    assert not_out({"state": "unknown", "poll_at": NOW}, NOW) == Answered("later", SETTLE_FIRST, NOW + LOOK_AGAIN)
    assert not_out({"state": "unknown", "poll_at": None}, NOW) == Answered("refused", SETTLE_FIRST)
    assert not_out({"state": "cancelled", "reserved_by": None}, NOW) == Answered("done")
