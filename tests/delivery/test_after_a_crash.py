"""What a lost worker held goes out again without delay, in small parts that are on their way together; few are held at once."""

from __future__ import annotations

import json

from saas.delivery.policy import in_hand
from tests.delivery.books import balance
from tests.delivery.conftest import Stage
from tests.delivery.steps import cap


def lose(stage: Stage, dispatch: int, rows: int) -> None:
    """A worker that claimed ``rows`` and was never seen again."""
    with stage.house.connect() as connection:
        claimed = connection.execute(
            "SELECT id FROM claim_deliveries(%s, now(), %s, interval '1 second', 'lost', %s::jsonb, 0)",
            (dispatch, rows, json.dumps([cap(1000)])),
        ).fetchall()
    assert len(claimed) == rows
    stage.house.run("SELECT expire_leases(now() + interval '2 seconds')")
    stage.house.run("UPDATE deliveries SET due_at = now() - interval '1 second' WHERE state = 'due'")
    stage.wake()


def test_what_a_lost_worker_held_goes_out_in_one_turn_of_the_next(stage: Stage) -> None:
    dispatch = stage.ready(150, "keyed", rate=(1000, 1.0, 16), caps={"day": 1000})
    lose(stage, dispatch, 100)
    stage.platform.delay = 0.05
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant, seconds=20))
    assert stage.states() == {"sent": 150}
    assert set(stage.platform.reached.values()) == {1}
    balance(stage.house)


def test_a_worker_holds_what_its_senders_finish_in_two_seconds() -> None:
    assert in_hand(32, 0, 0.0) == 256
    assert in_hand(32, 4000, 1.0) == 8000
    assert in_hand(32, 8, 4.0) == 32


def test_at_a_slow_platform_few_are_held(stage: Stage) -> None:
    stage.ready(600, "keyed", rate=(1000, 1.0, 4), caps={"day": 1000})
    stage.platform.delay = 0.4
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant, seconds=2))
    sizes = [row["rows"] for row in stage.house.rows("SELECT rows FROM leases ORDER BY id")]
    assert sizes[0] == 32
    assert max(sizes[1:], default=0) <= 32
    balance(stage.house)
