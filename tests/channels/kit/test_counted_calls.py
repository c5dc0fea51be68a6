"""Calls that a platform counts: both hooks or none, and numbers that can be."""

from __future__ import annotations

import pytest

from saas.channels.conformance import judge_plugin
from tests.channels.kit.conftest import Made

COUNTING = """@hookimpl
async def calls_left(account: Account) -> list[CallsLeft]:
    return [CallsLeft("/messages", Text("消息", "Messages"), 60, {used}, {left})]


"""
CLEARING = """@hookimpl
async def clear_calls(account: Account) -> Outcome:
    return Receipt({})


"""
BEFORE = "@hookimpl\nasync def recall("


def counting(made: Made, name: str, used: int, left: int, clearing: str = CLEARING) -> object:
    added = COUNTING.format(used=used, left=left) + clearing
    changes = (
        ("plugin.py", BEFORE, added + BEFORE),
        ("plugin.py", "from saas.channels import (\n", "from saas.channels import (\n    CallsLeft,\n"),
    )
    return made(name, changes)


@pytest.mark.parametrize(("name", "used", "left", "failed"), [("plain", 3, 57, []), ("generous", 0, 61, ["asks"])])
def test_no_more_calls_are_left_than_there_are(made: Made, name: str, used: int, left: int, failed: list[str]) -> None:
    assert judge_plugin(name, counting(made, name, used, left), ["asks"]).failed == failed


def test_who_counts_calls_can_have_them_counted_anew_too(made: Made) -> None:
    verdict = judge_plugin("halfway", counting(made, "halfway", 0, 60, clearing=""), ["contract"])
    assert "it counts calls and has no hook 'clear_calls'" in verdict.results[0].detail
