"""Claims on the real database: never over a cap, never twice, nothing lost, and nothing without a second person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.steps import DAY, NOW, cap, claim, news, settle


def test_a_claim_takes_what_the_cap_leaves_and_the_next_one_hears_when_it_resets(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(6)
    with house.connect() as connection:
        first = claim(connection, dispatch, [cap(4)])
        settle(connection, first[0]["lease"], [news(row["id"], a=1, d=1) for row in first])
        second = claim(connection, dispatch, [cap(4)])
    assert [row["target"] for row in first] == ["r00001", "r00002", "r00003", "r00004"]
    assert [(row["blocked"], row["resets_at"], row["id"]) for row in second] == [("day", DAY[1], None)]
    balance(house)


def test_check_12_of_fifty_parallel_claims_with_four_left_exactly_four_go_out(house: House, ready: Callable[..., int]) -> None:
    account = house.account("narrow")
    dispatches = [ready(1, account=account) for _ in range(50)]
    start = threading.Barrier(10)

    def one(mine: list[int]) -> int:
        with house.connect() as connection:
            start.wait()
            taken = 0
            for dispatch in mine:
                taken += sum(row["id"] is not None for row in claim(connection, dispatch, [cap(4)]))
                connection.commit()
            return taken

    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(one, [dispatches[n::10] for n in range(10)]))
    assert sum(taken) == 4
    assert house.one("SELECT reserved FROM quota_windows WHERE account_id = %s", account) == 4
    balance(house)


def test_the_database_itself_refuses_to_go_over_a_cap(house: House, ready: Callable[..., int]) -> None:
    with house.connect() as connection:
        claim(connection, ready(3), [cap(4)])
    with pytest.raises(psycopg.errors.CheckViolation, match="never_over_the_cap"):
        house.run("UPDATE quota_windows SET used = used + 2")


def test_a_cap_counts_people_where_the_platform_does(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(5, people=30)
    with house.connect() as connection:
        taken = claim(connection, dispatch, [cap(100, unit="person")])
    assert len(taken) == 3
    assert house.rows("SELECT reserved FROM quota_windows") == [{"reserved": 90}]
    balance(house)


def test_a_recipient_without_room_is_put_off_and_the_others_go(house: House, ready: Callable[..., int]) -> None:
    dispatch, account = ready(3), house.one("SELECT max(account_id) FROM dispatches")
    own = cap(1, rule="each", scope="target")
    with house.connect() as connection:
        connection.execute(
            "INSERT INTO quota_windows (account_id, rule, subject, starts_at, ends_at, cap, external)"
            " VALUES (%s, 'each', 'r00002', %s, %s, 1, 1)",
            (account, *DAY),
        )
        taken = claim(connection, dispatch, [own])
    assert [row["target"] for row in taken] == ["r00001", "r00003"]
    put_off = house.rows("SELECT target, state, due_at, code FROM deliveries WHERE state = 'due'")
    assert put_off == [{"target": "r00002", "state": "due", "due_at": DAY[1], "code": "exhausted"}]
    balance(house)


def test_what_was_sent_outside_the_product_counts(house: House, ready: Callable[..., int]) -> None:
    dispatch, account = ready(3), house.one("SELECT max(account_id) FROM dispatches")
    house.run(
        "INSERT INTO quota_windows (account_id, rule, starts_at, ends_at, cap, external) VALUES (%s, 'day', %s, %s, 4, 3)",
        account,
        *DAY,
    )
    with house.connect() as connection:
        assert len(claim(connection, dispatch, [cap(4)])) == 1
    balance(house)


def test_a_narrowed_cap_holds_at_once_and_never_breaks_the_counter(house: House, ready: Callable[..., int]) -> None:
    account = house.account("narrowed")
    with house.connect() as connection:
        claim(connection, ready(3, account=account), [cap(4)])
        blocked = claim(connection, ready(3, account=account), [cap(2)])
    assert blocked[0]["blocked"] == "day"
    balance(house)


def test_a_refusal_under_an_expired_lease_settles_nothing(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(2)
    with house.connect() as connection:
        rows = claim(connection, dispatch, [cap(4)])
        connection.execute("SELECT expire_leases(%s)", (NOW + timedelta(seconds=31),))
        changed = settle(connection, rows[0]["lease"], [news(row["id"], "failed", "give_back", f=1) for row in rows])
    assert changed == 0
    states = house.rows("SELECT state, delivered, unknown, code FROM deliveries")
    assert states == [{"state": "unknown", "delivered": 0, "unknown": 1, "code": "worker_lost"}] * 2
    balance(house)


def test_a_lease_settles_only_the_rows_it_still_holds(house: House, ready: Callable[..., int]) -> None:
    mine, theirs = ready(1), ready(1)
    with house.connect() as connection:
        first, second = claim(connection, mine, [cap(4)])[0], claim(connection, theirs, [cap(4)])[0]
        changed = settle(connection, first["lease"], [news(first["id"], a=1, d=1), news(second["id"], a=1, d=1)])
    assert changed == 1
    assert house.rows("SELECT state FROM deliveries ORDER BY id") == [{"state": "sent"}, {"state": "sending"}]
    balance(house)


def test_a_repeat_by_key_is_due_again_with_its_quota_held(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(1, repeat=("key", 3600))
    with house.connect() as connection:
        first = claim(connection, dispatch, [cap(1)])[0]
        connection.execute("SELECT expire_leases(%s)", (NOW + timedelta(seconds=31),))
        again = claim(connection, dispatch, [cap(1)], now=NOW + timedelta(seconds=32))[0]
    assert (again["key"], again["attempts"], again["started_at"], again["held"]) == (first["key"], 2, NOW, True)
    assert house.rows("SELECT reserved, used FROM quota_windows") == [{"reserved": 1, "used": 0}]
    balance(house)


def test_a_held_repeat_never_gives_its_quota_back_when_it_was_not_called(house: House, ready: Callable[..., int]) -> None:
    dispatch, other = ready(1, repeat=("key", 3600)), 0
    with house.connect() as connection:
        row = claim(connection, dispatch, [cap(1)])[0]
        settle(connection, row["lease"], [news(row["id"], "due", "hold", due=(NOW + timedelta(seconds=1)).isoformat())])
        again = claim(connection, dispatch, [cap(1)], now=NOW + timedelta(seconds=2))[0]
        assert again["held"]
        settle(connection, again["lease"], [news(again["id"], "due", "hold", due=NOW.isoformat())])
        other = ready(1, account=house.one("SELECT max(account_id) FROM dispatches"))
        assert claim(connection, other, [cap(1)])[0]["blocked"] == "day"
    balance(house)


def test_a_repeat_after_midnight_is_still_a_repeat_and_counts_in_the_new_day(house: House, ready: Callable[..., int]) -> None:
    """Held is what may have gone out; the month it already counts in is not charged again."""
    dispatch = ready(1, repeat=("key", 86400))
    month = cap(4, rule="month", window=(NOW - timedelta(days=19), NOW + timedelta(days=12)))
    late, early = DAY[1] - timedelta(seconds=5), DAY[1] + timedelta(seconds=5)
    tomorrow = (DAY[1], DAY[1] + timedelta(days=1))
    with house.connect() as connection:
        row = claim(connection, dispatch, [cap(1), month], now=late)[0]
        settle(connection, row["lease"], [news(row["id"], "due", "hold", due=late.isoformat())], now=late)
        again = claim(connection, dispatch, [cap(1, window=tomorrow), month], now=early)[0]
        assert (again["held"], again["started_at"]) == (True, late)
        settle(connection, again["lease"], [news(again["id"], a=1, d=1)], now=early)
    found = house.rows("SELECT rule, used, reserved FROM quota_windows ORDER BY rule, starts_at")
    assert [(row["rule"], row["used"], row["reserved"]) for row in found] == [("day", 1, 0), ("day", 1, 0), ("month", 1, 0)]
    balance(house)


def test_a_repeat_that_the_new_window_has_no_room_for_waits_without_being_skipped(
    house: House, ready: Callable[..., int]
) -> None:
    account = house.account("tight")
    dispatch, other = ready(1, repeat=("key", 172800), account=account), ready(1, account=account)
    late, early = DAY[1] - timedelta(seconds=5), DAY[1] + timedelta(seconds=5)
    tomorrow = cap(1, window=(DAY[1], DAY[1] + timedelta(days=1)))
    with house.connect() as connection:
        row = claim(connection, dispatch, [cap(1)], now=late)[0]
        settle(connection, row["lease"], [news(row["id"], "due", "hold", due=late.isoformat())], now=late)
        taken = claim(connection, other, [tomorrow], now=early)[0]
        settle(connection, taken["lease"], [news(taken["id"], a=1, d=1)], now=early)
        blocked = claim(connection, dispatch, [tomorrow], now=early)[0]
        connection.execute("SELECT put_off(%s, %s, %s, 'exhausted', 'day')", (dispatch, early, blocked["resets_at"]))
    held = house.rows("SELECT state, due_at, reserved_by IS NOT NULL AS held FROM deliveries WHERE dispatch_id = %s", dispatch)
    assert held == [{"state": "due", "due_at": DAY[1] + timedelta(days=1), "held": True}]
    balance(house)


def test_whom_the_next_window_comes_too_late_for_waits_while_a_unit_may_still_come_back(
    house: House, ready: Callable[..., int]
) -> None:
    account = house.account("last")
    first, second = ready(1, account=account), ready(1, account=account)
    house.as_owner("UPDATE campaigns SET due_at = %s, max_lateness = '1 hour'", NOW)
    with house.connect() as connection:
        row = claim(connection, first, [cap(1)])[0]
        assert claim(connection, second, [cap(1)])[0]["resets_at"] == NOW + timedelta(seconds=1)
        settle(connection, row["lease"], [news(row["id"], "failed", "give_back", f=1)])
        last = claim(connection, second, [cap(1)])[0]
        settle(connection, last["lease"], [news(last["id"], a=1, d=1)])
        assert claim(connection, ready(1, account=account), [cap(1)])[0]["resets_at"] == DAY[1]
    balance(house)


def test_three_lost_workers_set_a_delivery_aside(house: House, ready: Callable[..., int]) -> None:
    """check_11: what may be killing workers is shown to a person instead of being tried for ever."""
    dispatch, when = ready(1, repeat=("key", 86400)), NOW
    with house.connect() as connection:
        for _ in range(3):
            assert claim(connection, dispatch, [cap(1)], now=when)[0]["id"]
            when += timedelta(seconds=31)
            connection.execute("SELECT expire_leases(%s)", (when,))
        assert claim(connection, dispatch, [cap(1)], now=when) == []
    found = house.rows("SELECT state, crashes, reason FROM deliveries")
    assert found == [{"state": "unknown", "crashes": 3, "reason": "set aside after three lost workers"}]
    balance(house)


def test_a_repeat_that_the_platform_would_no_longer_know_is_left_to_a_person(house: House, ready: Callable[..., int]) -> None:
    dispatch = ready(1, repeat=("key", 100))
    with house.connect() as connection:
        row = claim(connection, dispatch, [cap(1)])[0]
        settle(connection, row["lease"], [news(row["id"], "due", "hold", due=NOW.isoformat())])
        later = NOW + timedelta(seconds=91)
        assert claim(connection, dispatch, [cap(1)], now=later) == []
        connection.execute("SELECT expire_leases(%s)", (later,))
    assert house.rows("SELECT state, code FROM deliveries") == [{"state": "unknown", "code": "repeat_too_late"}]
    balance(house)
