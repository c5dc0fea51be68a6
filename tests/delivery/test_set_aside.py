"""What kills workers is found, set aside alone, shown with its reason, and sent again only on a person's word."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from saas.delivery.set_aside import send_again
from saas.delivery.unknowns import list_unknown
from saas.kernel.errors import Conflict, Invalid
from saas.reports.words import reason_words
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.conftest import Stage
from tests.delivery.steps import LEASE, NOW, cap, claim, news, settle


def crash_until_set_aside(house: House, dispatch: int, poison: int) -> list[int]:
    """Workers claim, write what they can, and die over ``poison``; the sizes of what they had in their hands then."""
    sizes, now = [], NOW
    for _ in range(200):
        now += timedelta(seconds=1)
        with house.connect() as connection:
            rows = claim(connection, dispatch, [cap(1000)], now=now)
        if not rows:
            break
        if poison in [row["id"] for row in rows]:
            sizes.append(len(rows))
            now += LEASE + timedelta(seconds=1)
            house.run("SELECT expire_leases(%s)", now)
            continue
        with house.connect() as connection:
            settle(connection, rows[0]["lease"], [news(row["id"], a=1, d=1) for row in rows], now)
    return sizes


def test_only_the_one_that_kills_workers_is_set_aside_and_its_neighbours_go_out(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(70, repeat=("key", 100_000))
    poison = house.one("SELECT max(id) - 3 FROM deliveries")
    assert crash_until_set_aside(house, dispatch, poison) == [70, 10, 1]
    found = house.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY 1 ORDER BY 1")
    assert found == [{"state": "sent", "n": 69}, {"state": "unknown", "n": 1}]
    assert house.rows("SELECT code, crashes FROM deliveries WHERE state = 'unknown'") == [{"code": "set_aside", "crashes": 3}]
    balance(house)


def test_the_reason_is_said_in_both_languages() -> None:
    zh, en = reason_words("unknown", "set_aside")
    assert "搁置" in zh
    assert "set aside" in en


@pytest.fixture
def aside(stage: Stage) -> Callable[[str], int]:
    """A delivery of that kind of account, set aside."""

    def make(kind: str) -> int:
        dispatch = stage.ready(1, kind, caps={"day": 1})
        for _ in range(3):
            caps: Any = [cap(1)]
            with stage.house.connect() as connection:
                rows = connection.execute(
                    "SELECT * FROM claim_deliveries(%s, now(), 9, interval '1 second', 'w', %s::jsonb, 0)",
                    (dispatch, json.dumps(caps)),
                ).fetchall()
            assert rows
            stage.house.run("SELECT expire_leases(now() + interval '2 seconds')")
            stage.house.run("UPDATE deliveries SET due_at = now() - interval '1 second' WHERE state = 'due'")
        return int(rows[0]["id"])

    return make


def test_one_that_was_set_aside_goes_again_on_a_persons_word_and_reaches_its_recipient_once(
    stage: Stage, aside: Callable[[str], int]
) -> None:
    delivery = aside("keyed")
    reviewer = stage.house.actor("reviewer")
    with stage.house.within():
        assert [(one.id, one.code) for one in list_unknown(reviewer)] == [(delivery, "set_aside")]
        with pytest.raises(Invalid):
            send_again(reviewer, delivery, " ")
        send_again(reviewer, delivery, "the platform's list does not show it")
    stage.worker()
    stage.turns()
    assert stage.states() == {"sent": 1}
    assert set(stage.platform.reached.values()) == {1}
    assert stage.house.one("SELECT crashes FROM deliveries") == 0
    assert stage.house.one("SELECT detail ->> 'reason' FROM audit_log WHERE action = 'deliveries.again'")
    with stage.house.within(), pytest.raises(Conflict):
        send_again(reviewer, delivery, "once more")
    balance(stage.house)
