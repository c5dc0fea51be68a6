"""The comparison at the end of a trial can fail: whatever must not be is found, and named for what it is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from saas.channels.platform import Account
from saas.ops.faults import audit
from saas.ops.faults.report import Report
from saas.ops.faults.traces import of_delivery, of_effect, reached, taken_on

AT = "2026-03-20T04:00:00+00:00"


def row(**changes: Any) -> dict[str, Any]:
    usual = {"id": 1, "key": "k1", "target": "all", "form": "all", "ids": None, "state": "sent", "people": 40, "accepted": 40}
    told = {"delivered": 40, "attempts": 1, "crashes": 0, "code": "", "reason": "", "overdue": False, "repeat_by": "key"}
    place = {"route": "mass", "channel": "official_account", "kind": "subscription", "account": "a-sub", "mark": "m1"}
    return usual | told | place | {"stopped_at": None, "campaign_state": "released"} | changes


def effect(kind: str = "mass", key: str = "k1", **detail: Any) -> dict[str, Any]:
    return {"account": "a-sub", "kind": kind, "people": 40, "key": key, "at": AT, "detail": detail}


def found(rows: list[dict[str, Any]], effects: list[dict[str, Any]]) -> list[str]:
    """The kinds of faults in these rows and effects."""
    report, by_trace = Report(1), {of_delivery(one): one for one in rows}
    account = Account(1, "a-sub", "official_account", "subscription", "a")
    audit._effects(report, by_trace, taken_on(effects), reached(effects))
    audit._by_hand(report, by_trace, effects)
    audit._caps(report, by_trace, {"a-sub": account}, effects)
    for one in rows:
        audit._ends(report, one)
    return sorted(fault.kind for fault in report.faults)


def test_what_was_sent_once_and_says_so_is_no_fault() -> None:
    assert found([row()], [effect()]) == []


@pytest.mark.parametrize(
    ("rows", "effects", "kinds"),
    [
        ([row()], [], ["lost"]),
        ([row(state="unknown", repeat_by="none")], [], ["lost"]),
        ([row()], [effect(), effect()], ["duplicate", "over_cap"]),
        ([row()], [effect(), effect(key="k2")], ["stray"]),
        ([row(), row(id=2, key="k2")], [effect(), effect(key="k2")], ["over_cap"]),
        ([row(state="skipped", accepted=0)], [effect()], ["told_wrong"]),
        ([row(state="cancelled", accepted=0)], [effect()], ["told_wrong"]),
        ([row(state="skipped", accepted=0)], [effect() | {"people": 0}], []),
        ([row(state="cancelled", accepted=0)], [effect() | {"people": 0}], ["told_wrong"]),
        ([row(state="sending", accepted=0)], [], ["stuck"]),
        ([row(state="due", accepted=0, overdue=True)], [], ["stuck"]),
        ([row(state="unknown", accepted=0, repeat_by="lookup")], [], ["unexplained"]),
        ([row(state="unknown", accepted=0, attempts=5)], [effect()], ["unexplained"]),
        ([row(channel="personal", delivered=30)], [effect("assisted")], []),
        ([row(channel="personal", people=30, delivered=30)], [effect("assisted")], ["duplicate"]),
        ([row(channel="personal")], [], ["lost"]),
    ],
)
def test_each_fault_is_found(rows: list[dict[str, Any]], effects: list[dict[str, Any]], kinds: list[str]) -> None:
    assert found(rows, effects) == kinds


REASONS = ({"repeat_by": "none"}, {"crashes": 3}, {"attempts": 6}, {"code": "repeat_too_late"}, {"campaign_state": "cancelled"})


@pytest.mark.parametrize("reason", REASONS)
def test_what_nobody_can_know_has_its_reason(reason: dict[str, Any]) -> None:
    assert found([row(state="unknown", accepted=0, **reason)], [effect()]) == []


def test_words_without_our_mark_belong_to_nobody() -> None:
    stranger = {**effect("app", key=""), "detail": {"text": "hello"}}
    ours = {**effect("group", key=""), "detail": {"text": "〔m1〕你好", "target": "g1"}}
    group = row(channel="qq_group", target="g1", account="a-sub")
    assert taken_on([stranger, ours]) == Counter([("a-sub", "?", ""), ("a-sub", "m1", "g1")])
    assert of_delivery(group) == of_effect(ours)
