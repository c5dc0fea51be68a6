"""What each outcome does with the units that were reserved for it: kept, given back, or held until somebody knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from saas.channels.channel import Repeat
from saas.channels.outcome import (
    Absent,
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
from saas.delivery.policy import Attempt, News, not_called, settled
from saas.delivery.quota_verify import verify
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.steps import NOW, claim
from tests.delivery.test_quota_windows import at

Ready = Callable[..., int]
KEPT, BACK, HELD = (1, 0), (0, 0), (0, 1)  # used, reserved
KEY, LOOKUP, NONE = Repeat("key", 3600), Repeat("lookup", 60), Repeat("none")
NEVER_CALLED = "not called"

FIRST: list[tuple[Outcome | str, Repeat, tuple[int, int], str]] = [
    (Receipt({"id": "1"}, Progress(delivered=1, final=True)), NONE, KEPT, "sent"),
    (Receipt({"id": "1"}, Progress(poll_after=60)), NONE, KEPT, "accepted"),
    (Receipt({"id": "1"}, Progress(awaiting=1, poll_after=60)), NONE, KEPT, "awaiting"),
    (Receipt({"id": "1"}, Progress(failed=1, final=True)), NONE, KEPT, "failed"),
    (Refused("no"), NONE, BACK, "failed"),
    (Throttled(1.0), NONE, BACK, "due"),
    (Exhausted("r", NOW + timedelta(hours=1)), NONE, BACK, "due"),
    (Unauthorized("credentials"), NONE, BACK, "due"),
    (Unreachable("no way"), NONE, BACK, "due"),
    (Absent(), LOOKUP, BACK, "due"),
    (Unknown("silence"), KEY, HELD, "due"),
    (Unknown("silence"), LOOKUP, HELD, "unknown"),
    (Unknown("silence"), NONE, HELD, "unknown"),
    (NEVER_CALLED, NONE, BACK, "due"),
]
AGAIN: list[tuple[Outcome | str, tuple[int, int], str]] = [
    (Receipt({"id": "1"}, Progress(delivered=1, final=True)), KEPT, "sent"),
    (Refused("used up by the first attempt"), HELD, "unknown"),
    (Throttled(1.0), HELD, "due"),
    (Exhausted("r", NOW + timedelta(hours=1)), HELD, "due"),
    (Unauthorized("credentials"), HELD, "due"),
    (Unreachable("no way"), HELD, "due"),
    (Unknown("silence"), HELD, "due"),
    (NEVER_CALLED, HELD, "due"),
]
LATER = [
    (News(0, "sent", "keep", a=1, d=1), KEPT),
    (News(0, "failed", "give_back", f=1), BACK),
    (News(0, "due", "give_back", due=NOW), BACK),
]


def told(row: dict[str, Any], outcome: Outcome | str, repeat: Repeat) -> News:
    attempt = Attempt(row["id"], row["people"], row["attempts"], row["started_at"], row["held"], row["form"])
    return not_called(attempt, NOW) if isinstance(outcome, str) else settled(attempt, outcome, repeat, NOW)


def settle(connection: Any, row: dict[str, Any], outcome: Outcome | str, repeat: Repeat) -> None:
    payload = json.dumps([told(row, outcome, repeat).to_json()])
    connection.execute("SELECT settle_deliveries(%s, %s, %s::jsonb)", (row["lease"], NOW, payload))


def counters(house: House) -> tuple[int, int]:
    row = house.rows("SELECT sum(used)::int AS used, sum(reserved)::int AS reserved FROM quota_windows")[0]
    return row["used"], row["reserved"]


def agree(house: House) -> None:
    balance(house)
    with house.within():
        assert verify(house.actor("analyst")).differences == []


def name(value: object) -> str:
    return f"{value:.20}" if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize("window", ["day", "rolling 1 h"])
@pytest.mark.parametrize(("outcome", "repeat", "expected", "state"), FIRST, ids=name)
def test_each_outcome_keeps_gives_back_or_holds(
    house: House, ready: Ready, outcome: Outcome | str, repeat: Repeat, expected: tuple[int, int], state: str, window: str
) -> None:
    dispatch = ready(1, repeat=(repeat.by, repeat.seconds))
    with house.connect() as connection:
        row = claim(connection, dispatch, at(NOW, 5, window))[0]
        settle(connection, row, outcome, repeat)
    assert (counters(house), house.one("SELECT state FROM deliveries")) == (expected, state)
    agree(house)


@pytest.mark.parametrize("window", ["day", "rolling 1 h"])
@pytest.mark.parametrize(("outcome", "expected", "state"), AGAIN, ids=name)
def test_an_answer_to_a_repeat_frees_nothing_of_the_first_attempt(
    house: House, ready: Ready, outcome: Outcome | str, expected: tuple[int, int], state: str, window: str
) -> None:
    dispatch = ready(1, repeat=("key", 3600))
    with house.connect() as connection:
        settle(connection, claim(connection, dispatch, at(NOW, 1, window))[0], Unknown("silence"), KEY)
        later = NOW + timedelta(minutes=2)
        row = claim(connection, dispatch, at(later, 1, window), now=later)[0]
        assert row["held"]
        settle(connection, row, outcome, KEY)
    assert (counters(house), house.one("SELECT state FROM deliveries")) == (expected, state)
    agree(house)


@pytest.mark.parametrize(("news", "expected"), LATER, ids=["it went out", "it did not", "it is sent again"])
def test_what_an_unknown_turns_out_to_be_decides_over_its_units(
    house: House, ready: Ready, news: News, expected: tuple[int, int]
) -> None:
    dispatch = ready(1, repeat=("lookup", 60))
    with house.connect() as connection:
        row = claim(connection, dispatch, at(NOW, 1))[0]
        settle(connection, row, Unknown("silence"), LOOKUP)
        payload = json.dumps([replace(news, id=row["id"]).to_json()])
        connection.execute("SELECT progress_deliveries(%s, %s, %s::jsonb)", (NOW, ["unknown"], payload))
    assert counters(house) == expected
    agree(house)


@pytest.mark.parametrize(
    ("repeat", "state"), [(KEY, "due"), (LOOKUP, "unknown"), (NONE, "unknown")], ids=["key", "lookup", "none"]
)
def test_a_lost_worker_leaves_its_units_held(house: House, ready: Ready, repeat: Repeat, state: str) -> None:
    dispatch = ready(1, repeat=(repeat.by, repeat.seconds))
    with house.connect() as connection:
        claim(connection, dispatch, at(NOW, 1, "rolling 1 h"))
        connection.execute("SELECT expire_leases(%s)", (NOW + timedelta(seconds=31),))
    assert (counters(house), house.one("SELECT state FROM deliveries")) == (HELD, state)
    agree(house)


def test_a_claim_whose_connection_is_killed_has_reserved_nothing(house: House, ready: Ready) -> None:
    dispatch = ready(2)
    connection = psycopg.connect(house.database.app_url, row_factory=psycopg.rows.dict_row)
    connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(house.tenant),))
    assert claim(connection, dispatch, at(NOW, 5, "rolling 60 s"))
    with psycopg.connect(house.database.app_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
    connection.close()
    assert house.rows("SELECT id FROM quota_windows") == []
    assert house.rows("SELECT state FROM deliveries") == [{"state": "due"}] * 2
    with house.connect() as survivor:
        assert len(claim(survivor, dispatch, at(NOW, 5, "rolling 60 s"))) == 2
    agree(house)
