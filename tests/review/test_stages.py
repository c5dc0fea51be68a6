"""A flow that cannot be followed is refused with a remedy; stages open in order and are late when they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saas.kernel.errors import Invalid
from saas.review.stages import Flow, StageRule, check_flow, standings

NOON = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
REVIEWERS = ("reviewer",)


@pytest.mark.parametrize(("rules", "words"), [
    ([StageRule("fifth", REVIEWERS)], "no stage 'fifth'"),
    ([StageRule("first", REVIEWERS), StageRule("first", REVIEWERS)], "stands once"),
    ([StageRule("review", REVIEWERS), StageRule("final", REVIEWERS)], "stands once"),
    ([StageRule("final", REVIEWERS), StageRule("first", REVIEWERS)], "not the order"),
    ([StageRule("first", REVIEWERS, hours=0)], "1 to 720 hours"),
    ([StageRule("first", ("editor",))], "editor cannot sign"),
    ([StageRule("first")], "nobody may sign first review"),
    ([StageRule("first", REVIEWERS, remind=(1, 2, 3, 4, 5, 6))], "at most 5 reminders"),
])  # fmt: skip
def test_a_flow_that_cannot_be_followed_is_refused(rules: list[StageRule], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        check_flow(Flow(tuple(rules)))


def test_any_stage_may_be_left_out() -> None:
    for kinds in (("first", "final"), ("client",), ("review", "client"), ("first", "second", "final", "client"), ()):
        check_flow(Flow(tuple(StageRule.from_json({"kind": kind}) for kind in kinds)))


def test_stages_open_one_after_the_other_and_clients_together() -> None:
    rows = [
        {"stage": n, "place": place, "kind": kind, "client": None, "client_id": None, "hours": 6, "who": [], "remind": []}
        for n, place, kind in ((1, 2, "first"), (2, 3, "second"), (3, 5, "client"), (4, 5, "client"))
    ]
    later = NOON + timedelta(hours=2)
    found = standings(rows, {1: later}, NOON, {})
    assert [one.open for one in found] == [False, True, False, False]
    assert found[1].opened_at == later
    assert found[1].due_at == later + timedelta(hours=6)
    assert not found[1].overdue(later + timedelta(hours=6))
    assert found[1].overdue(later + timedelta(hours=7))
    both = standings(rows, {1: NOON, 2: later}, NOON, {})
    assert [one.open for one in both] == [False, False, True, True]
