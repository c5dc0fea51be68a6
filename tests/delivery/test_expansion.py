"""A plan written out: every recipient once, with its fields, whichever way is quicker for the kind of audience."""

from __future__ import annotations

from typing import Any

import pytest

from saas.channels.platform import Target
from saas.delivery.expansion import Plan, store_plan
from saas.kernel.database import transaction
from tests.conftest import House

MANY = 20_050  # more than one statement takes


def expand(house: House, *targets: Target) -> list[dict[str, Any]]:
    campaign, account = house.campaign(state="awaiting_approval"), house.account("svc")
    plan = Plan("svc", account, "each", "person", "key", 600, {"kind": "text", "text": "x"}, targets)
    with house.within(), transaction():
        store_plan(campaign, plan, {})
    return house.rows("SELECT target, form, ids, fields, people, state, key FROM deliveries ORDER BY id")


def test_single_recipients_keep_their_fields_and_their_order(house: House) -> None:
    odd = {"name": "“引号” \\ 'x' 😀\n", "points": "12"}
    rows = expand(house, Target("ids", ("o2",), 1, odd), Target("ids", ("o1",), 1, {}), Target("ids", ("null",), 1, {"null": ""}))
    assert [(row["target"], row["fields"]) for row in rows] == [("o2", odd), ("o1", None), ("null", {"null": ""})]
    assert {(row["form"], row["ids"], row["people"], row["state"]) for row in rows} == {("ids", None, 1, "due")}
    assert len({row["key"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (Target("all", (), 500, {}), "all"),
        (Target("tag", ("7",), 20, {}), "tag:7"),
        (Target("ids", ("a", "b"), 2, {}), "batch:00000"),
        (Target("ids", ("group",), 88, {"title": "群"}), "group"),
    ],
)
def test_other_audiences_are_named_and_counted(house: House, target: Target, name: str) -> None:
    (row,) = expand(house, target)
    assert (row["target"], row["form"], row["people"]) == (name, target.form, target.people)
    assert row["ids"] == (list(target.ids) if len(target.ids) > 1 else None)
    assert row["fields"] == (dict(target.fields) or None)


def test_a_long_list_is_written_whole_and_summed_up(house: House) -> None:
    rows = expand(house, *(Target("ids", (f"o{number}",), 1, {"n": str(number)}) for number in range(MANY)))
    assert [row["target"] for row in rows] == [f"o{number}" for number in range(MANY)]
    assert all(row["fields"] == {"n": row["target"].removeprefix("o")} for row in rows)
    assert house.rows("SELECT intended, open_rows FROM dispatches") == [{"intended": MANY, "open_rows": MANY}]
