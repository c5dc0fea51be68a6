"""Unknown outcomes: what is known is shown, a person settles them with a reason, the books follow; also parts of larger ones."""

from __future__ import annotations

from typing import Any

import pytest

from saas.channels.outcome import Progress
from saas.delivery.news import write_progress
from saas.delivery.settling import settle_unknown
from saas.delivery.unknowns import Waiting, list_unknown
from saas.kernel import clock
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.delivery.books import balance
from tests.delivery.conftest import Stage


def unknowns(stage: Stage) -> list[Waiting]:
    with stage.house.within():
        return list_unknown(stage.house.actor("analyst"))


def settle(stage: Stage, delivery: int, happened: bool, reason: str = "seen on the phone", role: str = "reviewer") -> None:
    with stage.house.within():
        settle_unknown(stage.house.actor(role), delivery, happened, reason)


def lost(stage: Stage, kind: str = "blind", **settings_of: Any) -> Waiting:
    """One delivery whose answer was lost after its effect."""
    stage.ready(1, kind, caps={"day": 5}, **settings_of)
    stage.platform.script["r00001"] = ["drop_after"]
    stage.run(stage.worker().engine.turn(stage.house.tenant))
    [found] = unknowns(stage)
    return found


def partly(stage: Stage, delivered: int = 60, failed: int = 10) -> int:
    """A batch for 100 of whom the platform told something of some; its number."""
    account = stage.house.account("one", kind="keyed", address=stage.platform.address)
    stage.house.dispatch(stage.house.campaign(), account, rows=1, people=100, repeat=("key", 3600))
    stage.platform.usual = "taken"
    worker = stage.worker()
    stage.turns()
    rows = stage.house.rows("SELECT id, dispatch_id, form, people, accepted, receipt FROM deliveries")

    async def write() -> None:
        async with worker.lines.pool.tenant(stage.house.tenant) as connection:
            told = Progress(delivered=delivered, failed=failed, final=True)
            await write_progress(connection, clock.now(), [(row, told) for row in rows], "callback")

    stage.run(write())
    return int(rows[0]["id"])


def counts(stage: Stage) -> list[dict[str, Any]]:
    return stage.house.rows("SELECT state, delivered AS d, failed AS f, skipped AS s, unknown AS u FROM deliveries")


def test_what_is_known_of_an_unknown_outcome_is_shown(stage: Stage) -> None:
    found = lost(stage)
    assert (found.people, found.unknown, found.attempts, found.says) == (1, 1, 1, "hello")
    assert found.reason
    assert found.since is not None
    assert found.holds_quota
    assert "1" in found.if_happened[0]
    assert "given back" in found.if_not[1]


def test_a_lookup_that_could_not_tell_is_remembered_with_its_time(stage: Stage) -> None:
    stage.ready(1, "looked")
    stage.platform.script["r00001"] = ["drop_after"]
    stage.platform.knows = False
    worker = stage.worker()
    for _ in range(3):
        stage.wake()
        stage.run(worker.engine.turn(stage.house.tenant))
    [found] = unknowns(stage)
    assert found.lookups >= 1
    assert found.looked_at is not None
    assert found.looked == "it does not say"
    assert found.asks_again_at is not None
    stage.platform.knows = True
    stage.wake()
    stage.run(worker.engine.turn(stage.house.tenant))
    assert unknowns(stage) == []
    assert stage.states() == {"sent": 1}
    assert set(stage.platform.calls.values()) == {1}


@pytest.mark.parametrize(
    ("happened", "state", "books"),
    [(True, "sent", {"used": 1, "reserved": 0}), (False, "failed", {"used": 0, "reserved": 0})],
)
def test_a_persons_word_settles_it_and_the_ledger_follows(
    stage: Stage, happened: bool, state: str, books: dict[str, int]
) -> None:
    found = lost(stage)
    settle(stage, found.id, happened)
    assert stage.states() == {state: 1}
    assert stage.house.rows("SELECT used, reserved FROM quota_windows") == [books]
    [line] = stage.house.rows("SELECT detail FROM audit_log WHERE action = 'deliveries.settle'")
    assert line["detail"] == {"happened": happened, "people": 1, "reason": "seen on the phone"}
    stage.wake()
    stage.run(stage.workers[0].engine.turn(stage.house.tenant))
    assert sum(stage.platform.calls.values()) == 1
    with pytest.raises(Conflict):
        settle(stage, found.id, happened)
    balance(stage.house)


@pytest.mark.parametrize(
    ("happened", "after"),
    [
        (True, {"state": "partly_sent", "d": 90, "f": 10, "s": 0, "u": 0}),
        (False, {"state": "partly_sent", "d": 60, "f": 40, "s": 0, "u": 0}),
    ],
)
def test_the_unknown_part_of_a_larger_delivery_is_settled_too(stage: Stage, happened: bool, after: dict[str, Any]) -> None:
    one = partly(stage)
    assert [(w.id, w.unknown, w.state) for w in unknowns(stage)] == [(one, 30, "partly_sent")]
    settle(stage, one, happened)
    assert counts(stage) == [after]
    assert unknowns(stage) == []
    balance(stage.house)


def test_all_the_rest_delivered_makes_it_sent(stage: Stage) -> None:
    one = partly(stage, delivered=60, failed=0)
    settle(stage, one, happened=True)
    assert counts(stage) == [{"state": "sent", "d": 100, "f": 0, "s": 0, "u": 0}]
    balance(stage.house)


def test_only_who_may_and_gives_a_reason_settles(stage: Stage) -> None:
    found = lost(stage)
    with pytest.raises(Forbidden):
        settle(stage, found.id, True, role="editor")
    with pytest.raises(Invalid):
        settle(stage, found.id, True, reason="  ")
    with pytest.raises(NotFound):
        settle(stage, 10**9, True)
    assert stage.states() == {"unknown": 1}


def test_a_late_word_of_the_platform_still_ends_what_nobody_has_settled(stage: Stage) -> None:
    one = partly(stage, delivered=0, failed=0)
    assert stage.states() == {"unknown": 1}
    rows = stage.house.rows("SELECT id, dispatch_id, form, people, accepted, receipt FROM deliveries WHERE id = %s", one)

    async def write() -> None:
        async with stage.workers[0].lines.pool.tenant(stage.house.tenant) as connection:
            told = Progress(delivered=97, failed=3, final=True)
            await write_progress(connection, clock.now(), [(row, told) for row in rows], "callback")

    stage.run(write())
    assert counts(stage) == [{"state": "partly_sent", "d": 97, "f": 3, "s": 0, "u": 0}]
    with pytest.raises(Conflict):
        settle(stage, one, True)
    balance(stage.house)
