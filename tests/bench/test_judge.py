"""The judge of the public scenarios can fail: each kind of fault is told, by itself and when an engine is really broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bench.correctness import caps, first_sends, kills, ours
from bench.correctness.ground import Ground, ground
from bench.correctness.judge import Faults, judge, judge_caps, together
from bench.correctness.ours import workers

PEOPLE = 40
ANN, BOB, CID = ("a", "ann"), ("a", "bob"), ("q", "cid")
FORGETS_WHAT_IT_SENT = """
  CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.state := 'due'; NEW.reserved_by := NULL; NEW.accepted := 0; NEW.delivered := 0;
    UPDATE dispatches SET wake_at = now() WHERE id = NEW.dispatch_id; RETURN NEW;
  END $$;
  CREATE TRIGGER broken BEFORE UPDATE ON deliveries FOR EACH ROW
    WHEN (OLD.state = 'sending' AND NEW.state = 'sent' AND NEW.attempts < 3) EXECUTE FUNCTION broken();"""
FORGETS_ITS_CAPS = """
  CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.used := 0; NEW.reserved := 0; RETURN NEW; END $$;
  CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON quota_windows FOR EACH ROW EXECUTE FUNCTION broken();"""
NEVER_LOOKS_BACK = """
  CREATE OR REPLACE FUNCTION expire_leases(p_now timestamptz) RETURNS int LANGUAGE sql AS $$ SELECT 0 $$;"""


def test_whoever_is_reached_once_and_said_to_be_is_no_fault() -> None:
    assert judge({ANN: "sent", BOB: "accepted"}, Counter([ANN, BOB])) == Faults()


def test_a_second_message_and_one_to_nobody_we_know_are_duplicates() -> None:
    assert judge({ANN: "sent"}, Counter([ANN, ANN, BOB])) == Faults(duplicates=2)


@pytest.mark.parametrize("word", ["sent", "publishing", "due", "skipped"])
def test_who_was_not_reached_is_lost_whatever_the_books_say(word: str) -> None:
    assert judge({ANN: word}, Counter()) == Faults(lost=1)


@pytest.mark.parametrize("word", ["publishing", "sending", "unknown"])
def test_what_is_out_and_never_known_is_stuck(word: str) -> None:
    assert judge({ANN: word}, Counter([ANN])) == Faults(stuck=1)


def test_what_is_out_and_said_not_to_be_is_lost_sight_of() -> None:
    assert judge({ANN: "failed"}, Counter([ANN])) == Faults(lost=1)


def test_a_person_is_asked_only_where_no_platform_can_be() -> None:
    assert judge({CID: "unknown", ANN: "unknown"}, Counter([CID, ANN]), {"q"}) == Faults(stuck=1, asked=1)


def test_each_day_has_its_own_cap_and_none_is_left_unused() -> None:
    said = {("a", str(number)): "sent" if number < 3 else "skipped" for number in range(5)}
    reached = Counter(recipient for recipient, word in said.items() if word == "sent")
    one_day, two_days = {"a": Counter({"monday": 3})}, {"a": Counter({"monday": 2, "tuesday": 1})}
    assert judge_caps(said, reached, {"a": 2}, one_day) == Faults(over_cap=1)
    assert judge_caps(said, reached, {"a": 2}, two_days) == Faults()
    assert judge_caps(said, reached, {"a": 4}, one_day) == Faults(lost=1)


def test_faults_of_all_seeds_are_added() -> None:
    assert together([Faults(1, 2, 3, 4, 5), Faults(lost=1)]) == Faults(1, 2, 4, 4, 5)
    assert Faults(1, 2, 3, 4, 5).total == 10


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as patch, ground() as made, workers(made, 2):
        patch.setattr(ours, "PATIENCE", 15.0)
        yield made


@contextmanager
def broken(place: Ground, statement: str) -> Iterator[None]:
    """The engine with something out of order, and whole again afterwards."""
    with psycopg.connect(place.servers.owner_url, autocommit=True) as owner:
        row = owner.execute("SELECT pg_get_functiondef('expire_leases'::regproc)").fetchone()
        assert row is not None
        owner.execute(statement)
        try:
            yield
        finally:
            owner.execute("DROP FUNCTION IF EXISTS broken() CASCADE")
            owner.execute(row[0])


def caught(place: Ground, arm: Callable[[Ground, int, int], Faults], statement: str, seed: int) -> Faults:
    with broken(place, statement):
        return arm(place, seed, PEOPLE)


def test_an_engine_that_forgets_what_it_sent_is_caught(place: Ground) -> None:
    assert caught(place, first_sends.ours, FORGETS_WHAT_IT_SENT, 901).duplicates > 0


def test_an_engine_that_forgets_its_caps_is_caught(place: Ground) -> None:
    assert caught(place, caps.ours, FORGETS_ITS_CAPS, 902).over_cap > 0


def test_an_engine_that_never_takes_back_what_a_dead_worker_held_is_caught(
    place: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "PATIENCE", 3.0)
    faults = caught(place, kills.ours, NEVER_LOOKS_BACK, 903)
    assert faults.lost + faults.stuck > 0


def test_a_whole_engine_has_no_faults(place: Ground) -> None:
    assert first_sends.ours(place, 904, PEOPLE).total == 0
