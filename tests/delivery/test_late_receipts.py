"""A worker that lost its lease and is answered after all: what the platform took on is written, unless it is another's now."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from saas.delivery.settling import settle_unknown
from saas.kernel.errors import Conflict
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.steps import LEASE, NOW, cap, claim, news, settle

LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def lost(house: House, ready: Callable[..., int]) -> Callable[[str], tuple[int, int, int]]:
    """A delivery whose worker's lease has just been taken away: its dispatch, its id and the lease."""

    def lose(repeat_by: str) -> tuple[int, int, int]:
        dispatch = ready(1, repeat=(repeat_by, 3600))
        with house.connect() as connection:
            row = claim(connection, dispatch, [cap(4)])[0]
            connection.execute("SELECT expire_leases(%s)", (LATER,))
        return dispatch, row["id"], row["lease"]

    return lose


@pytest.mark.parametrize(("repeat_by", "left"), [("none", "unknown"), ("lookup", "unknown"), ("key", "due")])
def test_a_receipt_that_comes_late_is_kept(
    house: House, lost: Callable[..., tuple[int, int, int]], repeat_by: str, left: str
) -> None:
    _, one, lease = lost(repeat_by)
    assert house.rows("SELECT state, reserved_by = %s AS held FROM deliveries", lease) == [{"state": left, "held": True}]
    with house.connect() as connection:
        assert settle(connection, lease, [news(one, a=1, d=1)], LATER) == 1
    known = house.rows("SELECT state, delivered, unknown, reserved_by, poll_at, code FROM deliveries")
    assert known == [{"state": "sent", "delivered": 1, "unknown": 0, "reserved_by": None, "poll_at": None, "code": ""}]
    assert house.rows("SELECT used, reserved FROM quota_windows") == [{"used": 1, "reserved": 0}]
    balance(house)


@pytest.mark.parametrize(("state", "quota"), [("failed", "give_back"), ("due", "give_back"), ("unknown", "hold")])
def test_of_all_late_answers_only_a_receipt_counts(
    house: House, lost: Callable[..., tuple[int, int, int]], state: str, quota: str
) -> None:
    _, one, lease = lost("none")
    counts = {"failed": {"f": 1}, "due": {"due": NOW.isoformat()}, "unknown": {"u": 1}}[state]
    with house.connect() as connection:
        assert settle(connection, lease, [news(one, state, quota, **counts)], LATER) == 0
    assert house.rows("SELECT state, unknown FROM deliveries") == [{"state": "unknown", "unknown": 1}]
    balance(house)


def test_a_late_receipt_never_touches_what_another_worker_has_taken(
    house: House, lost: Callable[..., tuple[int, int, int]]
) -> None:
    dispatch, one, lease = lost("key")
    with house.connect() as connection:
        assert claim(connection, dispatch, [cap(4)], now=LATER)[0]["id"] == one
        assert settle(connection, lease, [news(one, a=1, d=1)], LATER) == 0
    assert house.rows("SELECT state, attempts FROM deliveries") == [{"state": "sending", "attempts": 2}]
    balance(house)


def test_a_late_receipt_overrules_a_person_who_had_said_no_and_its_unit_counts_again(
    house: House, ready: Callable[..., int], lost: Callable[..., tuple[int, int, int]]
) -> None:
    """The unit was given back and taken by another: both count, and the cap has no room beyond them."""
    dispatch, one, lease = lost("none")
    account = house.one("SELECT account_id FROM dispatches WHERE id = %s", dispatch)
    told = [news(one, "failed", "give_back", f=1, code="settled")]
    with house.connect() as connection:
        connection.execute("SELECT progress_deliveries(%s, '{unknown}', %s::jsonb)", (LATER, json.dumps(told)))
        assert len(claim(connection, ready(3, account=account), [cap(4)], now=LATER)) == 3
        for _ in range(2):
            settle(connection, lease, [news(one, a=1, d=1)], LATER)
        blocked = claim(connection, ready(1, account=account), [cap(4)], now=LATER)[0]["blocked"]
    assert blocked == "day"
    known = house.rows("SELECT state, delivered, failed, code FROM deliveries WHERE id = %s", one)
    assert known == [{"state": "sent", "delivered": 1, "failed": 0, "code": "overruled"}]
    assert house.rows("SELECT used, reserved, external FROM quota_windows") == [{"used": 0, "reserved": 3, "external": 1}]
    balance(house)


def test_a_late_receipt_changes_nothing_where_a_person_had_said_yes(
    house: House, lost: Callable[..., tuple[int, int, int]]
) -> None:
    _, one, lease = lost("none")
    told = [news(one, "sent", "keep", a=1, d=1, code="settled")]
    with house.connect() as connection:
        connection.execute("SELECT progress_deliveries(%s, '{unknown}', %s::jsonb)", (LATER, json.dumps(told)))
        assert settle(connection, lease, [news(one, a=1, d=1)], LATER) == 0
    assert house.rows("SELECT used, reserved, external FROM quota_windows") == [{"used": 1, "reserved": 0, "external": 0}]
    balance(house)


def test_nobody_says_no_of_a_lost_workers_call_while_it_may_be_answered(
    house: House, lost: Callable[..., tuple[int, int, int]]
) -> None:
    _, one, lease = lost("none")
    house.as_owner(f"UPDATE leases SET until = now() - interval '20 seconds' WHERE id = {lease}")
    with house.within():
        reviewer = house.actor("reviewer")
        with pytest.raises(Conflict) as refused:
            settle_unknown(reviewer, one, happened=False, reason="not on the phone")
        assert refused.value.code == "may_be_answered"
        house.as_owner("UPDATE leases SET until = now() - interval '61 seconds' WHERE id = %s", lease)
        assert settle_unknown(reviewer, one, happened=False, reason="not on the phone") == 1
    assert house.rows("SELECT state FROM deliveries") == [{"state": "failed"}]


def test_a_cancelled_delivery_that_went_out_is_told_as_sent(house: House, lost: Callable[..., tuple[int, int, int]]) -> None:
    dispatch, one, lease = lost("key")
    house.run("SELECT close_due(%s, 'cancelled', 'cancelled', '')", dispatch)
    assert house.rows("SELECT state FROM deliveries") == [{"state": "unknown"}]
    with house.connect() as connection:
        assert settle(connection, lease, [news(one, a=1, d=1)], LATER) == 1
    assert house.rows("SELECT state, delivered FROM deliveries") == [{"state": "sent", "delivered": 1}]
    balance(house)
