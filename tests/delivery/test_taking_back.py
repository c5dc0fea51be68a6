"""Taking back, asking and ticking off at the same time as everything else: what is known is kept, what is stopped stays so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from saas.channels.outcome import Failure, Progress
from saas.delivery import recall as recalls
from saas.delivery import recall_scope, store
from saas.delivery.news import write_progress
from saas.delivery.policy import News
from saas.delivery.settling import tick_off
from saas.delivery.taking_back import OUT, taken_back
from saas.kernel import clock
from saas.kernel.errors import Invalid
from tests.delivery.books import balance
from tests.delivery.conftest import Stage, Worker


def known(stage: Stage, worker: Worker, progress: Progress) -> None:
    """The platform's word on every delivery."""
    rows = stage.house.rows("SELECT id, dispatch_id, form, people, accepted, receipt FROM deliveries")

    async def write() -> None:
        async with worker.lines.pool.tenant(stage.house.tenant) as connection:
            await write_progress(connection, clock.now(), [(row, progress) for row in rows], "callback")

    stage.run(write())


def counts(stage: Stage) -> list[dict[str, Any]]:
    return stage.house.rows("SELECT state, delivered AS d, failed AS f, skipped AS s, awaiting AS w FROM deliveries ORDER BY id")


@pytest.fixture
def taken(stage: Stage) -> Worker:
    """A delivery for 100 people that the platform took on."""
    account = stage.house.account("one", kind="keyed", address=stage.platform.address)
    stage.house.dispatch(stage.house.campaign(), account, rows=1, people=100, repeat=("key", 3600))
    stage.platform.usual = "taken"
    worker = stage.worker()
    stage.turns()
    return worker


def test_what_a_worker_brings_back_after_a_recall_is_not_sent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (recalls, recall_scope):
        monkeypatch.setattr(module, "registry", lambda: stage.registry)
    monkeypatch.setattr(recalls, "IN_FLIGHT_SECONDS", 0.0)
    dispatch = stage.ready(3, "keyed")
    campaign = stage.house.one("SELECT campaign_id FROM dispatches")
    with stage.house.connect() as connection:
        claim = "SELECT * FROM claim_deliveries(%s, now(), 2, interval '1 minute', 'w', '[]', 0)"
        rows = connection.execute(claim, (dispatch,)).fetchall()
    with stage.house.within():
        recalls.recall(stage.house.actor("editor"), campaign)
    back = [{"id": row["id"], "state": "due", "quota": "give_back", "due": clock.now().isoformat()} for row in rows]
    stage.house.run("SELECT settle_deliveries(%s, now(), %s::jsonb)", rows[0]["lease"], json.dumps(back))
    stage.worker()
    stage.turns()
    assert stage.states() == {"cancelled": 3}
    assert stage.platform.effects == []
    balance(stage.house)


def test_counts_that_come_after_a_recall_are_kept_and_it_stays_recalled(stage: Stage, taken: Worker) -> None:
    row = stage.house.rows("SELECT * FROM deliveries")[0]
    route = stage.registry.get("trial").channel.kinds[0].routes[0]  # type: ignore[union-attr]
    news = taken_back(row, route, Progress())

    async def write() -> None:
        async with taken.lines.pool.tenant(stage.house.tenant) as connection:
            await store.progress(connection, clock.now(), OUT, [news])

    stage.run(write())
    assert stage.house.one("SELECT poll_at IS NOT NULL FROM deliveries")
    known(stage, taken, Progress(delivered=95, failed=5, final=True))
    assert counts(stage) == [{"state": "recalled", "d": 95, "f": 5, "s": 0, "w": 0}]
    assert stage.house.rows("SELECT recalled, delivered, failed FROM dispatches") == [
        {"recalled": 100, "delivered": 95, "failed": 5}
    ]
    assert stage.house.one("SELECT poll_at IS NULL FROM deliveries")
    balance(stage.house)


def test_an_older_answer_that_comes_late_takes_nothing_back(stage: Stage, taken: Worker) -> None:
    known(stage, taken, Progress(delivered=60, awaiting=40))
    known(stage, taken, Progress(delivered=20, awaiting=80))
    assert counts(stage) == [{"state": "awaiting", "d": 60, "f": 0, "s": 0, "w": 40}]
    known(stage, taken, Progress(delivered=80, skipped=20, final=True))
    assert counts(stage) == [{"state": "sent", "d": 80, "f": 0, "s": 20, "w": 0}]
    balance(stage.house)


def test_a_person_may_correct_a_number_downwards_and_nobody_else_is_lost_by_it(stage: Stage, taken: Worker) -> None:
    known(stage, taken, Progress(delivered=10, failed=3, skipped=2, awaiting=85))
    one = stage.house.one("SELECT id FROM deliveries")
    with stage.house.within():
        tick_off(stage.house.actor("editor"), one, 50)
        tick_off(stage.house.actor("editor"), one, 40)
        with pytest.raises(Invalid):
            tick_off(stage.house.actor("editor"), one, 96)
    assert counts(stage) == [{"state": "awaiting", "d": 40, "f": 3, "s": 2, "w": 55}]
    assert stage.house.one("SELECT poll_at IS NOT NULL FROM deliveries")
    with stage.house.within():
        tick_off(stage.house.actor("editor"), one, 95)
    assert counts(stage) == [{"state": "partly_sent", "d": 95, "f": 3, "s": 2, "w": 0}]
    balance(stage.house)


def test_words_that_are_no_text_to_the_database_cost_no_outcome(stage: Stage) -> None:
    stage.ready(1, "keyed")
    worker = stage.worker()
    one = stage.house.one("SELECT id FROM deliveries")
    news = News(one, "failed", "keep", f=1, reason="a\0b\ud800c\\u0000", receipt={"x\0": "\0"})

    async def write() -> None:
        async with worker.lines.pool.tenant(stage.house.tenant) as connection:
            await store.progress(connection, clock.now(), ("due",), [news])
            await store.failures(connection, one, [Failure("t\0", "\ud800", "r")])

    stage.run(write())
    assert stage.house.rows("SELECT state, reason, receipt FROM deliveries") == [
        {"state": "failed", "reason": "ab?c\\u0000", "receipt": {"x": ""}}
    ]
    assert stage.house.rows("SELECT target, code FROM delivery_failures") == [{"target": "t", "code": "?"}]


def test_stopping_what_is_unsent_counts_whom_it_reached_since_we_last_asked() -> None:
    class Right:
        kind = "stop_unsent"

    class Route:
        recall = Right

    row = {"id": 1, "people": 100, "accepted": 100, "delivered": 10, "failed": 1, "skipped": 2, "unknown": 0, "awaiting": 87}
    news = taken_back(row, Route, Progress(delivered=30, skipped=70, final=True))  # type: ignore[arg-type]
    assert (news.state, news.d, news.f, news.s, news.w) == ("partly_sent", 30, 1, 69, 0)
