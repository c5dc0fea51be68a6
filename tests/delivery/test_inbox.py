"""What platforms push: verified, stored once, applied once, whenever it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from saas.accounts import switches
from saas.channels.callback import CallbackRequest
from saas.delivery import callbacks
from saas.delivery.inbox import apply_inbox
from saas.kernel.errors import NotFound
from tests.delivery.books import balance
from tests.delivery.conftest import Stage, Worker


@pytest.fixture
def pushed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Push events to the account of the newest dispatch, as its platform would."""
    monkeypatch.setattr(switches, "registry", lambda: stage.registry)

    def push(*events: dict[str, Any], secret: str = "right", ref: str = "") -> int:
        address = ref or stage.house.one("SELECT callback_ref FROM accounts ORDER BY id DESC LIMIT 1")
        body = json.dumps(events).encode()
        with stage.house.app.app_context():
            return callbacks.receive(address, CallbackRequest("POST", {"secret": secret}, {}, body, 0.0)).status

    return push


def taken(stage: Stage, rows: int) -> tuple[Worker, list[str]]:
    """A worker that sent to so many, all taken on and none final; the platform's ids."""
    stage.platform.usual = "taken"
    stage.ready(rows)
    worker = stage.worker()
    stage.turns()
    return worker, [row["key"] for row in stage.house.rows("SELECT key FROM deliveries ORDER BY id")]


def applied(stage: Stage, worker: Worker) -> list[dict[str, Any]]:
    stage.run(apply_inbox(worker.lines.pool, stage.house.tenant))
    return stage.house.rows("SELECT due_at IS NULL AS done, tries, result FROM callback_inbox ORDER BY id")


def test_news_of_deliveries_is_applied_in_bulk(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 5)
    assert pushed(*({"dedupe": f"e{n}", "id": id, "delivered": 1} for n, id in enumerate(ids))) == 200
    assert {row["result"] for row in applied(stage, worker)} == {"applied"}
    assert stage.states() == {"sent": 5}
    balance(stage.house)


def test_check_39_a_doubled_event_is_stored_once(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 1)
    for _ in range(3):
        assert pushed({"dedupe": "same", "id": ids[0], "delivered": 1}) == 200
    assert len(applied(stage, worker)) == 1
    assert stage.states() == {"sent": 1}
    balance(stage.house)


def test_an_unverified_push_and_an_address_that_is_nobodys_leave_nothing(stage: Stage, pushed: Any) -> None:
    _, ids = taken(stage, 1)
    assert pushed({"dedupe": "x", "id": ids[0], "delivered": 1}, secret="wrong") == 403
    with pytest.raises(NotFound):
        pushed({"dedupe": "x", "id": ids[0]}, ref="0" * 32)
    assert stage.house.rows("SELECT 1 FROM callback_inbox") == []


def test_an_event_that_comes_before_its_answer_waits_for_it(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 1)
    stage.house.run("UPDATE deliveries SET ref = NULL")
    pushed({"dedupe": "early", "id": ids[0], "delivered": 1})
    assert applied(stage, worker) == [{"done": False, "tries": 1, "result": "no such delivery"}]
    stage.house.run("UPDATE deliveries SET ref = 'id:' || key")
    stage.house.run("UPDATE callback_inbox SET due_at = now()")
    assert applied(stage, worker) == [{"done": True, "tries": 1, "result": "applied"}]
    assert stage.states() == {"sent": 1}


def test_an_event_that_belongs_to_nothing_is_given_up_in_the_end(stage: Stage, pushed: Any) -> None:
    worker, _ = taken(stage, 1)
    pushed({"dedupe": "stray", "id": "nobody", "delivered": 1})
    for _ in range(12):
        stage.house.run("UPDATE callback_inbox SET due_at = now() WHERE due_at IS NOT NULL")
        last = applied(stage, worker)
    assert last == [{"done": True, "tries": 11, "result": "no such delivery"}]


def test_an_event_without_an_id_means_the_latest_open_delivery_to_that_recipient(stage: Stage, pushed: Any) -> None:
    worker, _ = taken(stage, 2)
    pushed({"dedupe": "t", "target": "r00002", "failed": 1})
    applied(stage, worker)
    states = {row["target"]: row["state"] for row in stage.house.rows("SELECT target, state FROM deliveries")}
    assert states == {"r00001": "accepted", "r00002": "failed"}


def test_the_last_word_of_a_platform_is_not_taken_back_by_an_older_one(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 1)
    pushed({"dedupe": "1", "id": ids[0], "delivered": 1}, {"dedupe": "2", "id": ids[0], "final": False})
    applied(stage, worker)
    pushed({"dedupe": "3", "id": ids[0], "failed": 1})
    applied(stage, worker)
    assert stage.house.rows("SELECT state, delivered, failed FROM deliveries") == [{"state": "sent", "delivered": 1, "failed": 0}]
    balance(stage.house)


def test_an_event_that_cannot_be_applied_does_not_hold_up_the_others(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 1)
    pushed({"dedupe": "bad", "target": "", "change": "joined"}, {"dedupe": "good", "id": ids[0], "delivered": 1})
    results = applied(stage, worker)
    assert [(row["done"], row["result"]) for row in results] == [(True, "cannot be applied: CheckViolation"), (True, "applied")]
    assert stage.states() == {"sent": 1}


def test_numbers_that_cannot_be_are_cut_to_what_can(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 2)
    pushed({"dedupe": "many", "id": ids[0], "delivered": 99}, {"dedupe": "less", "id": ids[1], "delivered": -5, "failed": 7})
    assert {row["result"] for row in applied(stage, worker)} == {"applied"}
    found = stage.house.rows("SELECT delivered, failed FROM deliveries ORDER BY id")
    assert found == [{"delivered": 1, "failed": 0}, {"delivered": 0, "failed": 1}]
    balance(stage.house)


def test_a_callback_cannot_reach_into_another_account(stage: Stage, pushed: Any) -> None:
    worker, ids = taken(stage, 1)
    stage.ready(0)
    pushed({"dedupe": "theirs", "id": ids[0], "failed": 1})
    applied(stage, worker)
    assert stage.states() == {"accepted": 1}


@pytest.mark.parametrize(
    ("changes", "closed"),
    [(["joined", "muted", "joined"], True), (["muted", "unmuted"], False), (["muted", "left", "joined"], False)],
)
def test_a_word_in_a_group_opens_none_that_its_owner_has_closed(stage: Stage, changes: list[str], closed: bool) -> None:
    """Whoever speaks in it shows that the account is there, no more; taken in anew, it is open."""
    account, worker = stage.house.account("one"), stage.worker()
    for number, change in enumerate(changes):
        event = {"dedupe": str(number), "target": "g1", "change": change}
        insert = "INSERT INTO callback_inbox (account_id, dedupe, kind, event) VALUES (%s, %s, 'target_changed', %s)"
        stage.house.run(insert, account, str(number), json.dumps(event))
        assert applied(stage, worker)[-1]["done"]
    assert stage.house.rows("SELECT muted, left_at IS NULL AS there FROM contacts") == [{"muted": closed, "there": True}]
