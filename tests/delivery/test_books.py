"""The quota ledger and the states of deliveries under any order of events, on the database's own functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import House
from tests.delivery.books import COUNTERS, HELD, LOST, OVER, SUMS

NOON = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
ROWS, CAP = 6, 4
STATES = st.sampled_from(["sent", "failed", "unknown", "again", "repeat", "accepted", "awaiting"])


def news(id: int, people: int, outcome: str, now: datetime) -> dict[str, Any]:
    """What an outcome writes of a delivery, as the policy does."""
    zero = {"id": id, "a": 0, "d": 0, "f": 0, "s": 0, "u": 0, "w": 0, "code": "", "reason": ""}
    return (
        zero
        | {
            "sent": {"state": "sent", "quota": "keep", "a": people, "d": people},
            "accepted": {"state": "accepted", "quota": "keep", "a": people},
            "awaiting": {"state": "awaiting", "quota": "keep", "a": people, "w": people},
            "failed": {"state": "failed", "quota": "give_back", "f": people},
            "unknown": {"state": "unknown", "quota": "hold", "u": people},
            "again": {"state": "due", "quota": "give_back", "due": now.isoformat()},
            "repeat": {"state": "due", "quota": "hold", "due": now.isoformat()},
        }[outcome]
    )


class Books(RuleBasedStateMachine):
    """Workers claim, settle, vanish and come back late; people settle unknowns; days pass; campaigns are cancelled."""

    leases = Bundle("leases")
    house: House
    made = 0

    @initialize(repeat=st.sampled_from([("key", 86400), ("lookup", 60), ("none", 0)]), people=st.integers(1, 3))
    def agency(self, repeat: tuple[str, int], people: int) -> None:
        Books.made += 1
        self.house.as_owner("TRUNCATE deliveries, quota_ledger, quota_windows, leases, dispatches RESTART IDENTITY CASCADE")
        self.now, self.people = NOON, people
        account = self.house.account(f"machine-{Books.made}")
        self.dispatches = []
        for _ in range(2):
            campaign = self.house.campaign(due=f"timestamptz '{NOON.isoformat()}'", lateness=timedelta(days=3))
            self.dispatches.append(self.house.dispatch(campaign, account, rows=ROWS, people=people, repeat=repeat))
        self.connection = psycopg.connect(self.house.database.app_url, autocommit=True, row_factory=psycopg.rows.dict_row)
        self.connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(self.house.tenant),))

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()

    def ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return self.connection.execute(query, values).fetchall()

    def caps(self) -> str:
        day = (self.now + timedelta(hours=8)).date()
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
        daily = {"rule": "day", "scope": "account", "unit": "call", "amount": CAP}
        whole = {"rule": "month", "scope": "account", "unit": "person", "amount": 3 * CAP}
        each = {"rule": "each", "scope": "target", "unit": "call", "amount": 1}
        today = {"starts": start.isoformat(), "ends": (start + timedelta(days=1)).isoformat()}
        month = {"starts": "2026-02-28T16:00:00+00:00", "ends": "2026-03-31T16:00:00+00:00"}
        return json.dumps([daily | today, whole | month, each | today])

    @rule(target=leases, which=st.integers(0, 1), limit=st.integers(1, 4))
    def claim(self, which: int, limit: int) -> Any:
        query = "SELECT * FROM claim_deliveries(%s, %s, %s, interval '30 seconds', 'w', %s::jsonb, 0)"
        rows = [row for row in self.ask(query, self.dispatches[which], self.now, limit, self.caps()) if row["id"]]
        return (rows[0]["lease"], [row["id"] for row in rows]) if rows else multiple()

    @rule(lease=consumes(leases), outcomes=st.lists(STATES, min_size=4, max_size=4))
    def settle(self, lease: tuple[int, list[int]], outcomes: list[str]) -> None:
        id, rows = lease
        mine = {row["id"] for row in self.ask("SELECT id FROM deliveries WHERE fence = %s", id)} or self.late(id, rows, outcomes)
        before = self.ask("SELECT id, state, attempts FROM deliveries WHERE id <> ALL (%s) ORDER BY id", list(mine))
        told = json.dumps([news(row, self.people, outcome, self.now) for row, outcome in zip(rows, outcomes, strict=False)])
        changed = self.ask("SELECT settle_deliveries(%s, %s, %s::jsonb) AS n", id, self.now, told)[0]["n"]
        assert changed == len(mine)
        assert self.ask("SELECT id, state, attempts FROM deliveries WHERE id <> ALL (%s) ORDER BY id", list(mine)) == before

    def late(self, lease: int, rows: list[int], outcomes: list[str]) -> set[int]:
        """What a worker may still write whose lease was taken: that the platform took it on, where nobody touched it since."""
        query = "SELECT id FROM deliveries WHERE reserved_by = %s AND fence IS NULL AND state IN ('unknown', 'due')"
        open_ones = {row["id"] for row in self.ask(query, lease)}
        taken = ("sent", "accepted", "awaiting")
        return {row for row, outcome in zip(rows, outcomes, strict=False) if row in open_ones and outcome in taken}

    @rule(outcome=st.sampled_from(["sent", "failed", "again"]), start=st.sampled_from(["unknown", "accepted", "awaiting"]))
    def becomes_known(self, outcome: str, start: str) -> None:
        open_ones = self.ask("SELECT id FROM deliveries WHERE state = %s ORDER BY id LIMIT 2", start)
        if start != "unknown" and outcome == "again":
            return
        told = json.dumps([news(row["id"], self.people, outcome, self.now) for row in open_ones])
        self.ask("SELECT progress_deliveries(%s, %s, %s::jsonb)", self.now, [start], told)

    @rule(minutes=st.sampled_from([0.1, 1, 60, 720]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        self.ask("SELECT expire_leases(%s)", self.now)

    @rule(which=st.integers(0, 1), hours=st.sampled_from([1, 100]))
    def cap_in_the_way(self, which: int, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        self.ask("SELECT put_off(%s, %s, %s, 'exhausted', 'day')", self.dispatches[which], self.now, until)

    @rule(which=st.integers(0, 1), how=st.sampled_from(["cancelled", "missed", "skipped"]))
    def close(self, which: int, how: str) -> None:
        self.ask("SELECT close_due(%s, %s, %s, '')", self.dispatches[which], how, how)

    @rule(which=st.integers(0, 1))
    def rest(self, which: int) -> None:
        self.ask("SELECT rest_dispatch(%s, %s)", self.dispatches[which], self.now)

    @invariant()
    def books_agree(self) -> None:
        if hasattr(self, "connection"):
            for question in (OVER, COUNTERS, SUMS, LOST, HELD):
                assert self.ask(question) == [], question
            held = """SELECT coalesce(sum(x.n), 0) AS due,
                        (SELECT coalesce(sum(reserved), 0) FROM quota_windows WHERE rule = 'each') AS booked
                      FROM (SELECT count(*) AS n FROM deliveries WHERE reserved_by IS NOT NULL) x"""
            for row in self.ask(held):
                assert row["due"] == row["booked"]


@pytest.fixture
def machine(house: House) -> Iterator[type[Books]]:
    yield type("BooksOfThisHouse", (Books,), {"house": house})


def test_no_order_of_events_breaks_the_books(machine: type[Books]) -> None:
    quiet = settings(
        max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(machine, settings=quiet)
