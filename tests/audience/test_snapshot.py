"""From single recipients to the targets of calls, each person once, and a hash that tells two lists apart."""

from __future__ import annotations

import pytest

from saas.audience.snapshot import digest, evenly, gather
from saas.channels import FanOut, Repeat, Route, Target

EACH = Route("each", ("template",), ("ids",), FanOut("each"), Repeat("key", 600))
BATCH = Route("batch", ("text",), ("ids",), FanOut("batch", 3), Repeat("none"))


def singles(*ids: str) -> list[Target]:
    return [Target("ids", (id,), 1, {"order": id.upper()}) for id in ids]


def test_a_doubled_recipient_is_reached_once() -> None:
    assert [target.ids for target in gather(EACH, singles("a", "b", "a"))] == [("a",), ("b",)]


def test_fields_stay_with_their_recipient() -> None:
    assert [target.fields["order"] for target in gather(EACH, singles("a", "b"))] == ["A", "B"]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [2, 2]), (7, [2, 2, 3]), (9, [3, 3, 3])])
def test_batches_are_as_few_and_as_even_as_can_be(count: int, sizes: list[int]) -> None:
    ids = [f"id{number}" for number in range(count)]
    batches = evenly(ids, 3)
    assert [len(batch) for batch in batches] == sizes
    assert [id for batch in batches for id in batch] == ids


def test_a_batch_counts_its_people() -> None:
    assert [target.people for target in gather(BATCH, singles(*"abcd"))] == [2, 2]


def test_the_hash_sees_order_people_and_fields() -> None:
    known = digest(singles("a", "b"))
    assert known == digest(singles("a", "b"))
    others = [singles("b", "a"), singles("a"), [Target("ids", ("a",), 1), Target("ids", ("b",), 1)], [Target("all", (), 2)]]
    assert len({known, *map(digest, others)}) == 5
