"""What ends a delivery without sending it: cancelling, caps that reset too late, progress, stops; nobody is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.steps import NOW, cap, claim, news, settle


def test_check_10_cancel_and_send_at_once_have_exactly_one_outcome_per_delivery(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(200)
    start = threading.Barrier(3)

    def sender() -> list[int]:
        sent: list[int] = []
        with house.connect() as connection:
            start.wait()
            while rows := claim(connection, dispatch, [cap(1000)], limit=10):
                connection.commit()
                sent += [row["id"] for row in rows]
                settle(connection, rows[0]["lease"], [news(row["id"], a=1, d=1) for row in rows])
                connection.commit()
        return sent

    def canceller() -> None:
        with house.connect() as connection:
            start.wait()
            connection.execute("UPDATE campaigns SET state = 'cancelled'")
            connection.execute("SELECT close_due(%s, 'cancelled', 'cancelled', '')", (dispatch,))

    with ThreadPoolExecutor(3) as pool:
        senders = [pool.submit(sender), pool.submit(sender)]
        pool.submit(canceller).result()
        sent = [id for future in senders for id in future.result()]
    assert len(sent) == len(set(sent))
    states = house.rows(
        "SELECT state, count(*) AS n, sum(delivered) AS d, sum(skipped) AS s FROM deliveries GROUP BY 1 ORDER BY 1"
    )
    assert {row["state"] for row in states} <= {"sent", "cancelled"}
    assert sum(row["n"] for row in states) == 200
    assert sum(row["d"] for row in states) == len(sent)
    assert sum(row["d"] + row["s"] for row in states) == 200
    balance(house)


@pytest.mark.parametrize("code", ["cancelled", "missed"])
def test_what_went_out_in_full_is_not_called_stopped(house: House, ready: Callable[..., int], code: str) -> None:
    dispatch = ready(2)
    with house.connect() as connection:
        rows = claim(connection, dispatch, [cap(4)], limit=2)
        settle(connection, rows[0]["lease"], [news(row["id"], a=1, d=1) for row in rows])
        connection.execute("SELECT close_due(%s, %s, %s, '')", (dispatch, code, code))
    assert house.one("SELECT code FROM dispatches WHERE id = %s", dispatch) == ""


def test_what_may_be_out_becomes_unknown_when_its_campaign_is_cancelled(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(2, repeat=("key", 3600))
    with house.connect() as connection:
        row = claim(connection, dispatch, [cap(4)], limit=1)[0]
        settle(connection, row["lease"], [news(row["id"], "due", "hold", due=NOW.isoformat())])
        connection.execute("SELECT close_due(%s, 'cancelled', 'cancelled', '')", (dispatch,))
    found = house.rows("SELECT state, unknown, skipped FROM deliveries ORDER BY id")
    assert found == [{"state": "unknown", "unknown": 1, "skipped": 0}, {"state": "cancelled", "unknown": 0, "skipped": 1}]
    balance(house)


def test_a_cap_that_resets_too_late_skips_and_one_in_time_waits(house: House, ready: Callable[..., int]) -> None:
    soon, late = ready(2), ready(2)
    with house.connect() as connection:
        connection.execute("SELECT put_off(%s, %s, %s, 'exhausted', 'day')", (soon, NOW, NOW + timedelta(minutes=30)))
        connection.execute("SELECT put_off(%s, %s, %s, 'exhausted', 'day')", (late, NOW, NOW + timedelta(hours=3)))
    found = house.rows("SELECT dispatch_id, state, skipped, due_at FROM deliveries ORDER BY id")
    assert [(row["state"], row["skipped"]) for row in found] == [("due", 0), ("due", 0), ("skipped", 1), ("skipped", 1)]
    nexts = house.rows("SELECT next_possible_at FROM dispatches ORDER BY id")
    assert [row["next_possible_at"] for row in nexts] == [NOW + timedelta(minutes=30), NOW + timedelta(hours=3)]
    balance(house)


def test_progress_touches_only_the_states_it_is_meant_for(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(2)
    with house.connect() as connection:
        rows = claim(connection, dispatch, [cap(4)])
        settle(connection, rows[0]["lease"], [news(rows[0]["id"], a=1, d=1), news(rows[1]["id"], "unknown", "hold", u=1)])
        both = json.dumps([news(row["id"], "failed", "give_back", f=1) for row in rows])
        changed = connection.execute("SELECT progress_deliveries(%s, '{unknown}', %s::jsonb) AS n", (NOW, both)).fetchone()
    assert changed == {"n": 1}
    assert house.rows("SELECT state FROM deliveries ORDER BY id") == [{"state": "sent"}, {"state": "failed"}]
    assert house.rows("SELECT used, reserved FROM quota_windows") == [{"used": 1, "reserved": 0}]
    balance(house)


def test_resting_notes_the_next_due_time_and_the_deadline(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(1)
    with house.connect() as connection:
        connection.execute("UPDATE deliveries SET due_at = %s", (NOW + timedelta(hours=5),))
        connection.execute("SELECT rest_dispatch(%s, %s)", (dispatch, NOW))
    deadline = NOW - timedelta(seconds=1) + timedelta(hours=2)
    assert house.one("SELECT wake_at FROM dispatches WHERE id = %s", dispatch) == deadline


@pytest.mark.parametrize("stop", [
    "UPDATE accounts SET status = 'stopped'", "UPDATE clients SET stopped_at = now()", "UPDATE tenants SET stopped_at = now()",
])  # fmt: skip
def test_a_stopped_account_client_or_agency_sends_nothing(house: House, ready: Callable[..., int], stop: str) -> None:
    dispatch = ready(3)
    house.run(stop)
    with house.connect() as connection:
        assert claim(connection, dispatch, [cap(4)]) == []
