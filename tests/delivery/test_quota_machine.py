"""The quota ledger and the deliveries under any order of events, against what really went out.

Two workers whose clocks may be stepped claim, settle with every kind of outcome, die in the middle and come back late; people
enter what was sent elsewhere, change caps and zones, settle unknowns and cancel. A model keeps what really reached whom and when.
``HYPOTHESIS_PROFILE=long`` runs it for long, with new examples each time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
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

from saas.channels.channel import Repeat
from saas.channels.outcome import (
    Exhausted,
    Outcome,
    Progress,
    Receipt,
    Refused,
    Throttled,
    Unauthorized,
    Unknown,
    Unreachable,
)
from saas.channels.rules import Cap, Limits, Window
from saas.delivery.policy import Attempt, News, not_called, settled, window, windows
from saas.delivery.quota_verify import HELD as HELD_BY_DELIVERIES
from saas.delivery.quota_verify import RECOMPUTED
from tests.conftest import House
from tests.delivery.books import COUNTERS, HELD, LOST, OVER, SUMS

NOON = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
ROWS = 9
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
PROFILE = (
    settings(QUIET, max_examples=300, stateful_step_count=50)
    if LONG
    else settings(QUIET, max_examples=12, stateful_step_count=30, derandomize=True)
)
OUTCOMES: dict[str, Outcome | None] = {
    "sent": Receipt({"id": "x"}, Progress(delivered=1, final=True)),
    "accepted": Receipt({"id": "x"}, Progress(poll_after=60)),
    "awaiting": Receipt({"id": "x"}, Progress(awaiting=1, poll_after=60)),
    "refused": Refused("no"),
    "throttled": Throttled(1.0),
    "exhausted": Exhausted("day", NOON),
    "unauthorized": Unauthorized("credentials"),
    "unreachable": Unreachable("no way"),
    "unknown": Unknown("silence"),
    "not called": None,
}
CAPS = (
    Cap("day", "account", Window("day"), 4),
    Cap("hour", "account", Window("rolling 1 h"), 3),
    Cap("each", "target", Window("rolling 30 min"), 1),
    Cap("each_day", "target", Window("day"), 2),
)
BOOKS = (
    OVER,
    COUNTERS,
    SUMS,
    LOST,
    HELD,
    *(str(query).replace(":account", "NULL") for query in (RECOMPUTED, HELD_BY_DELIVERIES)),
)
ALL_BOOKS = " UNION ALL ".join(
    f"SELECT {n} AS question, to_jsonb(q) AS found FROM ({question}) q" for n, question in enumerate(BOOKS)
)


@dataclass(frozen=True)
class Effect:
    """Something that reached somebody: when by the clock of the worker that sent it, after how many other events."""

    order: int
    at: datetime
    target: str
    units: int = 1
    rule: str = ""


class Ledger(RuleBasedStateMachine):
    """See above. ``effects`` are what really went out, ``elsewhere`` what was noted as sent outside."""

    leases = Bundle("leases")
    house: House
    made = 0

    @initialize(repeat=st.sampled_from([("key", 86400), ("lookup", 60), ("none", 0)]), start=st.integers(0, 24 * 60))
    def agency(self, repeat: tuple[str, int], start: int) -> None:
        Ledger.made += 1
        self.house.as_owner("TRUNCATE deliveries, quota_ledger, quota_windows, leases, dispatches RESTART IDENTITY CASCADE")
        self.now, self.skews, self.zone = NOON + timedelta(minutes=start), [timedelta(0)] * 2, "Asia/Shanghai"
        self.repeat, self.caps, self.order = Repeat(repeat[0], repeat[1]), CAPS, 0  # type: ignore[arg-type]
        self.effects: dict[int, Effect] = {}
        self.elsewhere: list[Effect] = []
        self.claims: list[tuple[Effect, tuple[Cap, ...], str]] = []
        self.account = self.house.account(f"ledger-{Ledger.made}")
        lateness, due = timedelta(days=9), f"timestamptz '{NOON.isoformat()}'"
        self.dispatches = [
            self.house.dispatch(self.house.campaign(due=due, lateness=lateness), self.account, rows=ROWS, repeat=repeat)
            for _ in range(2)
        ]
        url = self.house.database.app_url
        self.workers = [psycopg.connect(url, autocommit=True, row_factory=psycopg.rows.dict_row) for _ in range(2)]
        for worker in self.workers:
            worker.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(self.house.tenant),))

    def teardown(self) -> None:
        for worker in getattr(self, "workers", ()):
            worker.close()

    def ask(self, query: str, *values: Any, worker: int = 0) -> list[dict[str, Any]]:
        return self.workers[worker].execute(query, values or None).fetchall()

    def clock(self, worker: int) -> datetime:
        return self.now + self.skews[worker]

    def next(self) -> int:
        self.order += 1
        return self.order

    def _claim(self, worker: int, which: int, limit: int) -> list[dict[str, Any]]:
        now = self.clock(worker)
        caps = json.dumps(windows(Limits(self.caps), now, self.zone))
        query = "SELECT * FROM claim_deliveries(%s, %s, %s, interval '30 seconds', 'w', %s::jsonb, 0)"
        return [row for row in self.ask(query, self.dispatches[which], now, limit, caps, worker=worker) if row["id"]]

    @rule(target=leases, worker=st.integers(0, 1), which=st.integers(0, 1), limit=st.integers(1, 3))
    def claim(self, worker: int, which: int, limit: int) -> Any:
        return self._leased(worker, which, limit) or multiple()

    def _leased(self, worker: int, which: int, limit: int) -> Any:
        rows, order, now = self._claim(worker, which, limit), self.next(), self.clock(worker)
        claimed = [(row, Effect(order, now, row["target"]), self.caps, self.zone) for row in rows]
        return (worker, claimed) if rows else None

    @rule(worker=st.integers(0, 1), which=st.integers(0, 1), limit=st.integers(1, 3))
    def send(self, worker: int, which: int, limit: int) -> None:
        """The usual: claimed, out, and written at once."""
        lease = self._leased(worker, which, limit)
        if lease:
            self._settle(lease, ["sent"] * len(lease[1]), 7)

    @rule(minutes=st.sampled_from([10, 31, 61]), worker=st.integers(0, 1), limit=st.integers(1, 3))
    def later_send(self, minutes: int, worker: int, limit: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.send(worker, 0, limit)

    @rule(worker=st.integers(0, 1), which=st.integers(0, 1))
    def die_in_the_middle_of_a_claim(self, worker: int, which: int) -> None:
        before = self.ask("SELECT * FROM quota_windows ORDER BY id")
        with self.workers[worker].transaction(force_rollback=True):
            self._claim(worker, which, 3)
        assert self.ask("SELECT * FROM quota_windows ORDER BY id") == before

    @rule(
        lease=consumes(leases),
        outcomes=st.lists(st.sampled_from(sorted(OUTCOMES)), min_size=3, max_size=3),
        out=st.integers(0, 7),
    )
    def settle(self, lease: Any, outcomes: list[str], out: int) -> None:
        self._settle(lease, outcomes, out)

    def _settle(self, lease: Any, outcomes: list[str], out: int) -> None:
        worker, claimed = lease
        now = self.clock(worker)
        news = []
        for number, ((row, effect, caps, zone), name) in enumerate(zip(claimed, outcomes, strict=False)):
            if name in ("sent", "accepted", "awaiting") or (name == "unknown" and out >> number & 1):
                self.reached(row["id"], effect, caps, zone)
            news.append(self.news(row, name, now))
        told = json.dumps([one.to_json() for one in news])
        self.ask("SELECT settle_deliveries(%s, %s, %s::jsonb)", claimed[0][0]["lease"], now, told, worker=worker)

    def news(self, row: dict[str, Any], name: str, now: datetime) -> News:
        """What the policy makes of an outcome."""
        attempt = Attempt(row["id"], row["people"], row["attempts"], row["started_at"], row["held"], row["form"])
        outcome = OUTCOMES[name]
        if outcome is None:
            return not_called(attempt, now)
        if isinstance(outcome, Exhausted):
            outcome = replace(outcome, resets_at=now + timedelta(minutes=5))
        return settled(attempt, outcome, self.repeat, now)

    def reached(self, delivery: int, effect: Effect, caps: tuple[Cap, ...], zone: str) -> None:
        """The platform does it, once: a repeat by key it knows already changes nothing."""
        if delivery not in self.effects:
            self.effects[delivery] = effect
            self.claims.append((effect, caps, zone))

    @rule(lease=consumes(leases), out=st.integers(0, 7))
    def vanish(self, lease: Any, out: int) -> None:
        """The worker never comes back; some of its calls went out."""
        for number, (row, effect, caps, zone) in enumerate(lease[1]):
            if out >> number & 1:
                self.reached(row["id"], effect, caps, zone)

    @rule(start=st.sampled_from(["unknown", "accepted", "awaiting"]))
    def becomes_known(self, start: str) -> None:
        """A person or a lookup finds out what really happened."""
        news = []
        for row in self.ask("SELECT id, people FROM deliveries WHERE state = %s ORDER BY id LIMIT 2", start):
            out = row["id"] in self.effects
            news.append(
                News(row["id"], "sent", "keep", row["people"], row["people"])
                if out
                else News(row["id"], "failed", "give_back", f=1)
            )
        told = json.dumps([one.to_json() for one in news])
        self.ask("SELECT progress_deliveries(%s, %s, %s::jsonb)", self.now, [start], told)

    @rule(which=st.sampled_from(["day", "hour"]), units=st.integers(1, 2), ago=st.sampled_from([0, 20, 120]))
    def sent_elsewhere(self, which: str, units: int, ago: int) -> None:
        at = self.now - timedelta(minutes=ago)
        cap = next(cap for cap in self.caps if cap.name == which)
        query = "SELECT note_external(%s, %s::jsonb, '', %s, 'hand', 'x', NULL, NULL, %s)"
        self.ask(query, self.account, json.dumps(window(cap, at, self.zone)), units, at)
        self.elsewhere.append(Effect(self.next(), at, "", units, which))

    @rule(which=st.sampled_from(["day", "hour"]))
    def used_up(self, which: str) -> None:
        cap = next(cap for cap in self.caps if cap.name == which)
        query = "SELECT note_used_up(%s, %s::jsonb, '', 'x', %s)"
        self.ask(query, self.account, json.dumps(window(cap, self.now, self.zone)), self.now)

    @rule(minutes=st.sampled_from([0.05, 1, 10, 60 * 13]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(worker=st.integers(0, 1), minutes=st.sampled_from([0, -5]))
    def clock_is_stepped(self, worker: int, minutes: int) -> None:
        self.skews[worker] = timedelta(minutes=minutes)

    @rule(zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]))
    def zone_is_changed(self, zone: str) -> None:
        self.zone = zone

    @rule(number=st.integers(0, 3), amount=st.integers(1, 5))
    def cap_is_changed(self, number: int, amount: int) -> None:
        self.caps = tuple(replace(cap, amount=amount) if n == number else cap for n, cap in enumerate(self.caps))

    @rule(worker=st.integers(0, 1))
    def sweep(self, worker: int) -> None:
        self.ask("SELECT expire_leases(%s)", self.clock(worker), worker=worker)

    @rule(minutes=st.sampled_from([30, 60 * 24 * 20]))
    def put_off(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        self.ask("SELECT put_off(%s, %s, %s, 'exhausted', 'day')", self.dispatches[1], self.now, until)

    @rule(how=st.sampled_from(["cancelled", "missed"]))
    def close(self, how: str) -> None:
        self.ask("SELECT close_due(%s, %s, %s, '')", self.dispatches[1], how, how)

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "workers"):
            assert self.ask(ALL_BOOKS) == []

    @invariant()
    def nothing_went_out_over_a_cap(self) -> None:
        """For each thing that went out: it and all that was claimed before it and counts still are within the cap of then."""
        for effect, caps, zone in getattr(self, "claims", ()):
            for cap in caps:
                since = effect.at - cap.window.rolling if cap.window.rolling else cap.window.since(effect.at, zone)
                ours = [one for one in self.effects.values() if cap.scope == "account" or one.target == effect.target]
                theirs = [one for one in self.elsewhere if one.rule == cap.name]
                count = sum(one.units for one in (*ours, *theirs) if one.order <= effect.order and one.at > since)
                assert count <= cap.amount, (cap, effect, count)


@pytest.fixture
def machine(house: House) -> Iterator[type[Ledger]]:
    yield type("LedgerOfThisHouse", (Ledger,), {"house": house})


def test_check_12_no_order_of_events_lets_a_send_over_a_cap_or_the_books_disagree(machine: type[Ledger]) -> None:
    run_state_machine_as_test(machine, settings=PROFILE)  # type: ignore[no-untyped-call]
