"""A forgotten ``await`` is told as what it is, and nothing of what an exception says is passed on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from saas.channels.conformance import CHECKS, judge_plugin
from saas.channels.conformance.awaits import MISSING, TOO_MANY
from saas.channels.conformance.stand import Raised, told
from saas.channels.outcome import Receipt
from tests.channels.kit.conftest import Made


async def answer() -> Receipt:
    return Receipt({"id": "1"})


async def used_unawaited() -> Any:
    """As a hook that asks for a field of what it never awaited."""
    made: Any = answer()
    try:
        return made.ids
    finally:
        made.close()


async def indexed_unawaited() -> Any:
    made: Any = answer()
    try:
        return made["ids"]
    finally:
        made.close()


async def given_unawaited() -> Any:
    """As a hook that gives what it never awaited."""
    return answer()


async def awaited_twice() -> Any:
    given: Any = await answer()
    return await given


async def secretive() -> Any:
    raise AttributeError("the secret is s3cret")


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (used_unawaited, f"raised AttributeError: {MISSING}"),
        (indexed_unawaited, f"raised TypeError: {MISSING}"),
        (given_unawaited, f"gave a coroutine: {MISSING}"),
        (awaited_twice, f"raised TypeError: {TOO_MANY}"),
        (secretive, "raised AttributeError"),
    ],
)
def test_a_slip_with_await_is_named(hook: Any, words: str) -> None:
    assert asyncio.run(told(hook())) == Raised(words)


def test_a_check_that_there_is_none_of_is_refused_with_the_list(made: Made) -> None:
    plugin = made("quiet_board", ())
    with pytest.raises(ValueError, match="no check 'capz'; there are: import-quiet, titles"):
        judge_plugin("quiet_board", plugin, ["capz"])
    only = judge_plugin("quiet_board", plugin, ["contract"])
    assert [result.id for result in only.results] == ["contract"] and len(CHECKS) > 20
