"""What platforms tell of sends that are not ours counts, once, and never twice with our own."""

from __future__ import annotations

from typing import Any

import pytest

from saas.delivery import quota_outside
from saas.delivery.inbox import TRIES, _apply, apply_inbox
from saas.delivery.quota_verify import verify
from saas.kernel import clock
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.conftest import Stage
from tests.delivery.test_inbox import pushed  # noqa: F401


@pytest.fixture
def told(stage: Stage, pushed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """Push that a message of that id is finished, which counts in the day's cap when it is none of ours; then apply."""
    monkeypatch.setattr(quota_outside, "registry", lambda: stage.registry)

    def tell(id: str, dedupe: str = "") -> str:
        assert (
            pushed({"dedupe": dedupe or id, "id": id, "delivered": 1, "foreign": ["day"], "at": clock.now().timestamp()}) == 200
        )
        stage.run(apply_inbox(stage.workers[0].lines.pool, stage.house.tenant))
        return str(stage.house.one("SELECT result FROM callback_inbox ORDER BY id DESC LIMIT 1"))

    return tell


def counters(house: House) -> tuple[int, int, int]:
    row = house.rows(
        "SELECT coalesce(sum(used), 0) AS u, coalesce(sum(reserved), 0) AS r, coalesce(sum(external), 0) AS e FROM quota_windows"
    )[0]
    return int(row["u"]), int(row["r"]), int(row["e"])


def agree(house: House) -> None:
    balance(house)
    with house.within():
        assert verify(house.actor("analyst")).differences == []


def test_a_finished_message_that_is_none_of_ours_counts_at_once_and_once(stage: Stage, told: Any) -> None:
    stage.ready(0, caps={"day": 3})
    stage.worker()
    assert [told("theirs", "e1"), told("theirs", "e2"), told("another", "e3")] == ["sent elsewhere"] * 3
    assert counters(stage.house) == (0, 0, 2)
    lines = stage.house.rows("SELECT source, units, reason, happened_at IS NOT NULL AS dated FROM quota_ledger")
    assert {(line["source"], line["units"], line["dated"]) for line in lines} == {("platform", 1, True)}
    assert all("(id:" in line["reason"] for line in lines)
    agree(stage.house)


def test_what_is_left_after_others_sends_is_all_that_goes_out(stage: Stage, told: Any) -> None:
    stage.ready(0, caps={"day": 3})
    worker, account = stage.worker(), stage.house.one("SELECT max(id) FROM accounts")
    assert [told("x"), told("y")] == ["sent elsewhere"] * 2
    stage.house.dispatch(stage.house.campaign(), account, rows=3)
    stage.run(worker.engine.turn(stage.house.tenant))
    assert len(stage.platform.effects) == 1
    assert counters(stage.house) == (1, 0, 2)
    agree(stage.house)


def test_an_event_that_comes_before_our_own_answer_is_not_taken_for_somebody_elses(stage: Stage, told: Any) -> None:
    stage.ready(1, caps={"day": 3})
    worker = stage.worker()
    key = str(stage.house.one("SELECT key FROM deliveries"))
    assert told(key) == "no such delivery"
    stage.platform.usual = "taken"
    stage.run(worker.engine.turn(stage.house.tenant))
    stage.house.run("UPDATE callback_inbox SET due_at = now()")
    stage.run(apply_inbox(worker.lines.pool, stage.house.tenant))
    assert stage.states() == {"sent": 1}
    assert counters(stage.house) == (1, 0, 0)
    agree(stage.house)


def test_an_event_whose_worker_died_before_it_was_counted_is_counted_once(stage: Stage, pushed: Any, told: Any) -> None:  # noqa: F811
    stage.ready(0, caps={"day": 3})
    pool = stage.worker().lines.pool
    assert pushed({"dedupe": "e1", "id": "theirs", "delivered": 1, "foreign": ["day"], "at": clock.now().timestamp()}) == 200

    async def only_apply() -> list[int]:
        async with pool.tenant(stage.house.tenant) as connection:
            rows = await (await connection.execute("SELECT * FROM callback_inbox")).fetchall()
            return await _apply(connection, rows)

    assert len(stage.run(only_apply())) == 1
    assert counters(stage.house) == (0, 0, 0)
    for _ in range(2):
        stage.run(apply_inbox(pool, stage.house.tenant))
        assert counters(stage.house) == (0, 0, 1)
    agree(stage.house)


def test_an_event_nothing_answers_to_in_the_end_counts_although_ours_are_on_their_way(stage: Stage, told: Any) -> None:
    stage.ready(1, caps={"day": 3})
    worker = stage.worker()
    assert told("theirs") == "no such delivery"
    stage.house.run("UPDATE callback_inbox SET due_at = now(), tries = %s", TRIES)
    stage.run(apply_inbox(worker.lines.pool, stage.house.tenant))
    assert counters(stage.house) == (0, 0, 1)
    assert stage.house.rows("SELECT result, due_at FROM callback_inbox") == [{"result": "sent elsewhere", "due_at": None}]
    agree(stage.house)


def test_a_cap_the_platform_calls_used_up_is_used_up_in_our_books(stage: Stage) -> None:
    stage.platform.script["r00003"] = ["used_up"]
    stage.ready(6, caps={"day": 50})
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    assert sum(stage.states().values()) == 6
    used, reserved, external = counters(stage.house)
    assert used == len(stage.platform.effects)
    assert (reserved, used + external) == (0, 50)
    assert "used up" in stage.house.one("SELECT max(reason) FROM quota_ledger WHERE change = 'external'")
    agree(stage.house)


def test_a_shorter_exhaustion_than_our_window_says_nothing_of_it(stage: Stage) -> None:
    stage.platform.script["r00001"] = ["exhausted"]
    stage.ready(1, caps={"day": 50})
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    hours_left = stage.house.one("SELECT extract(epoch FROM ends_at - now()) / 3600 FROM quota_windows")
    assert counters(stage.house)[2] == (50 if hours_left <= 5 else 0)
    agree(stage.house)
