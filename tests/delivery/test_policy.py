"""What an outcome makes of a delivery: pure, and in every case everybody is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from saas.channels import (
    Absent,
    Exhausted,
    FanOut,
    Limits,
    Progress,
    Rate,
    Receipt,
    Refused,
    Repeat,
    Route,
    Throttled,
    Unauthorized,
    Unknown,
    Unreachable,
)
from saas.delivery.policy import Attempt, News, backoff, chunk_rows, not_called, progressed, repeat_is_safe, settled

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
KEY, LOOKUP, NONE = Repeat("key", 3600), Repeat("lookup", 60), Repeat("none")
REPEATS = st.sampled_from([KEY, LOOKUP, NONE])
COUNTS = st.integers(-5, 50)
PROGRESS = st.builds(Progress, COUNTS, COUNTS, COUNTS, COUNTS, st.booleans(), poll_after=st.none() | st.floats(0, 100))
OUTCOMES = st.one_of(
    st.builds(Receipt, st.just({"id": "1"}), PROGRESS),
    st.sampled_from([
        Refused("no", "1"), Throttled(2.0), Exhausted("day", NOW + timedelta(hours=1)), Unauthorized("credentials"),
        Unreachable("x"), Unknown("x"), Absent(),
    ]),
)  # fmt: skip
ATTEMPTS = st.builds(
    Attempt, st.just(1), st.integers(0, 20), st.integers(1, 8), st.just(NOW - timedelta(seconds=5)), st.booleans(),
    st.sampled_from(["ids", "all", "tag"]),
)  # fmt: skip


def first(held: bool = False, attempts: int = 1, age: float = 1.0) -> Attempt:
    return Attempt(1, 1, attempts, NOW - timedelta(seconds=age), held)


@given(ATTEMPTS, OUTCOMES, REPEATS)
def test_everybody_is_accounted_for_whatever_a_platform_says(attempt: Attempt, outcome: object, repeat: Repeat) -> None:
    news = settled(attempt, outcome, repeat, NOW)  # type: ignore[arg-type]
    counts = (news.d, news.f, news.s, news.u, news.w)
    assert min(*counts, news.a) >= 0
    assert sum(counts) <= attempt.people
    assert news.a <= attempt.people
    if news.state not in ("due", "accepted", "awaiting"):
        assert sum(counts) == attempt.people
    if not isinstance(outcome, Receipt):
        assert (news.quota == "hold") == (attempt.held or isinstance(outcome, Unknown))


@given(ATTEMPTS, OUTCOMES, REPEATS)
def test_what_may_be_out_is_never_sent_again_unless_the_platform_knows_our_key(
    attempt: Attempt, outcome: object, repeat: Repeat
) -> None:
    news = settled(attempt, outcome, repeat, NOW)  # type: ignore[arg-type]
    if (attempt.held or isinstance(outcome, Unknown)) and news.state == "due":
        assert repeat.by == "key"
        assert repeat_is_safe(attempt, repeat, NOW)


def test_a_repeat_stops_well_before_the_platform_forgets_the_key() -> None:
    assert settled(first(age=3239), Unknown("x"), KEY, NOW).state == "due"
    assert settled(first(age=3241), Unknown("x"), KEY, NOW).state == "unknown"
    assert settled(first(attempts=6), Unknown("x"), KEY, NOW).state == "unknown"


def test_an_unknown_that_can_be_looked_up_is_looked_up_soon() -> None:
    news = settled(first(), Unknown("x"), LOOKUP, NOW)
    assert (news.state, news.poll) == ("unknown", NOW + timedelta(seconds=2))
    assert settled(first(), Unknown("x"), NONE, NOW).poll is None


def test_a_refusal_of_a_repeat_says_nothing_of_the_first_attempt() -> None:
    assert settled(first(), Refused("no"), KEY, NOW).state == "failed"
    news = settled(first(held=True), Refused("draft is used up"), KEY, NOW)
    assert (news.state, news.quota, news.u) == ("unknown", "hold", 1)


def test_what_was_never_called_is_as_it_was() -> None:
    assert (not_called(first(), NOW).state, not_called(first(), NOW).quota) == ("due", "give_back")
    assert not_called(first(held=True), NOW).quota == "hold"


def test_waits_double_up_to_a_minute() -> None:
    assert [backoff(n) for n in (0, 1, 2, 3, 6, 7, 50)] == [1, 1, 2, 4, 32, 60, 60]


def test_who_left_since_the_plan_is_skipped_where_the_platform_counts_everybody() -> None:
    news = progressed(1, "all", 100, 100, {}, Progress(90, 2, final=True), NOW)
    assert (news.state, news.d, news.f, news.s, news.u) == ("partly_sent", 90, 2, 8, 0)
    news = progressed(1, "ids", 100, 100, {}, Progress(90, 2, final=True), NOW)
    assert (news.state, news.s, news.u) == ("partly_sent", 0, 8)


@given(PROGRESS, st.integers(0, 30), st.sampled_from(["ids", "all"]))
def test_progress_never_counts_anybody_twice(progress: Progress, people: int, form: str) -> None:
    news: News = progressed(1, form, people, people, {"id": "1"}, progress, NOW)
    assert min(news.d, news.f, news.s, news.u, news.w) >= 0
    total = news.d + news.f + news.s + news.u + news.w
    assert total == people if progress.final else total <= people
    assert (news.poll is None) == progress.final


def test_few_are_in_flight_where_nobody_could_know_after_a_crash() -> None:
    def route(repeat: Repeat) -> Route:
        return Route("r", ("text",), ("ids",), FanOut("each"), repeat)

    assert chunk_rows(Limits(rate=Rate(1000, 1.0)), route(KEY)) == 1000
    assert chunk_rows(Limits(rate=Rate(1000, 1.0)), route(NONE)) == 4
    assert chunk_rows(Limits(rate=Rate(5, 1.0)), route(KEY)) == 10
    assert chunk_rows(Limits(rate=Rate(1, 60.0)), route(KEY)) == 1
