"""Whom a campaign reaches: each once, in calls as the route takes them, and signed as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from saas.audience.snapshot import digest, gather
from saas.channels import FanOut, Repeat, Route, Target

IDS = st.lists(st.sampled_from([f"id{n}" for n in range(30)]), max_size=60)


def route(mode: str, size: int = 1) -> Route:
    return Route("r", ("text",), ("ids",), FanOut(mode, size), Repeat("none"))  # type: ignore[arg-type]


@given(IDS, st.integers(1, 7))
def test_everybody_is_in_exactly_one_call_and_no_call_is_too_big(ids: list[str], size: int) -> None:
    targets = gather(route("batch", size), [Target("ids", (id,)) for id in ids])
    assert sorted(id for target in targets for id in target.ids) == sorted(set(ids))
    assert all(len(target.ids) == target.people <= size for target in targets)


@given(IDS)
def test_one_by_one_a_doubled_recipient_is_reached_once_with_the_first_fields(ids: list[str]) -> None:
    singles = [Target("ids", (id,), 1, {"n": str(number)}) for number, id in enumerate(ids)]
    targets = gather(route("each"), singles)
    assert [target.ids[0] for target in targets] == list(dict.fromkeys(ids))
    assert all(target.fields["n"] == str(ids.index(target.ids[0])) for target in targets)


def test_what_is_signed_changes_with_whom_and_what() -> None:
    signed = {
        digest([Target("ids", ("a",))]), digest([Target("ids", ("b",))]), digest([Target("ids", ("a", "b"))]),
        digest([Target("ids", ("a",)), Target("ids", ("b",))]), digest([Target("ids", ("a",), 1, {"x": "1"})]),
        digest([Target("ids", ("a",), 1, {"x": "2"})]), digest([Target("all", (), 5)]), digest([Target("all", (), 6)]),
        digest([Target("tag", ("5",), 6)]),
    }  # fmt: skip
    assert len(signed) == 9
    assert digest([Target("ids", ("a",), 1, {"x": "1", "y": "2"})]) == digest([Target("ids", ("a",), 1, {"y": "2", "x": "1"})])
