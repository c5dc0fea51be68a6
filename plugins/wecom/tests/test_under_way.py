"""Of the same words to the same people one call is under way at a time, and what is listed belongs to one delivery alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from saas.channels import Absent, MaybeSent, Message, Receipt, Throttled, Unknown

Play = Callable[..., None]
TEXT = Message("text", text="春分之后的三件小事")
KINDS = ("customer", "groups", "moments")
TASKS = {"customer": "customer_task", "groups": "groups_task", "moments": "moments_task"}
CALLS = {"customer": "add_msg_template", "groups": "add_msg_template", "moments": "add_moment_task"}


def hesitating(stand: Any) -> None:
    """Give way before every look into the memory, as a database does."""
    platform = stand.platform
    for name in ("recall_memory", "remember", "exchange"):
        told = getattr(platform, name)

        async def later(*values: Any, told: Callable[..., Awaitable[Any]] = told) -> Any:
            await asyncio.sleep(0.002)
            return await told(*values)

        setattr(platform, name, later)


async def two(stand: Any) -> tuple[Any, Any]:
    """Two deliveries for the same people."""
    target = (await stand.targets())[0] if stand.account.kind == "groups" else (await stand.delivery()).target
    return await stand.delivery_to(target), await stand.delivery_to(target)


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_that_say_the_same_at_one_moment_one_calls_and_the_other_waits(play: Play, kind: str) -> None:
    async def scene(stand: Any) -> None:
        hesitating(stand)
        first, second = await two(stand)
        told = await asyncio.gather(stand.send(TEXT, first), stand.send(TEXT, second))
        assert {type(outcome) for outcome in told} == {Receipt, Throttled}
        assert len(stand.effects(TASKS[kind])) == 1
        waited = first if isinstance(told[0], Throttled) else second
        assert isinstance(await stand.send(TEXT, waited), Receipt)
        assert len(stand.effects(TASKS[kind])) == 2

    play(kind, 8, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_at_one_moment_whose_answers_are_lost_each_finds_its_own(play: Play, kind: str) -> None:
    async def scene(stand: Any) -> None:
        hesitating(stand)
        stand.fault("drop_after", CALLS[kind])
        first, second = await two(stand)
        told = await asyncio.gather(stand.send(TEXT, first), stand.send(TEXT, second), return_exceptions=True)
        assert {type(outcome) for outcome in told} == {MaybeSent, Throttled}
        lost, waits = (first, second) if isinstance(told[0], MaybeSent) else (second, first)
        assert isinstance(await stand.lookup(TEXT, waits), Unknown) and isinstance(await stand.send(TEXT, waits), Throttled)
        found = await stand.found(TEXT, lost)
        assert isinstance(found, Receipt)
        stand.fault("drop_before", CALLS[kind])
        with pytest.raises(MaybeSent):
            await stand.send(TEXT, waits)
        stand.platform.ahead = 31
        assert isinstance(await stand.lookup(TEXT, waits), Absent)
        assert len(stand.effects(TASKS[kind])) == 1

    play(kind, 8, scene)
