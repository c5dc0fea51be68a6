"""More calls than lines: who began first goes first, and a call that waited asks whether it may still be made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from saas.channels import NotSent, turnstile
from saas.channels.turnstile import Turnstile, let_others_first, stand_in_line


async def granted() -> None:
    """Leave is given."""


async def refused() -> None:
    """Leave is not given any more."""
    raise NotSent("stopped")


async def settle() -> None:
    """Let whatever can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_of_those_that_wait_the_one_that_began_first_goes_first_however_late_it_came() -> None:
    gone = list[str]()

    async def call(gate: Turnstile, name: str) -> None:
        await gate.enter()
        gone.append(name)
        gate.leave()

    async def account(gate: Turnstile, name: str, ready: asyncio.Event) -> None:
        stand_in_line(granted)
        await ready.wait()
        async with asyncio.TaskGroup() as group:
            for part in "ab":
                group.create_task(call(gate, name + part))

    async def figures(gate: Turnstile) -> None:
        let_others_first()
        await call(gate, "figures")

    async def run() -> None:
        gate, early, late = Turnstile(1), asyncio.Event(), asyncio.Event()
        await gate.enter()
        async with asyncio.TaskGroup() as group:
            group.create_task(figures(gate))
            await settle()
            group.create_task(account(gate, "first", late))
            await settle()
            group.create_task(account(gate, "second", early))
            early.set()
            await settle()
            late.set()
            await settle()
            group.create_task(call(gate, "a person"))
            await settle()
            assert gone == []
            gate.leave()

    asyncio.run(run())
    assert gone == ["a person", "firsta", "firstb", "seconda", "secondb", "figures"]


def test_a_call_that_waited_is_not_made_without_leave_and_its_line_goes_to_the_next() -> None:
    async def run() -> None:
        gate = Turnstile(1)
        await gate.enter()
        stopped = asyncio.create_task(waiting(gate, refused))
        other = asyncio.create_task(waiting(gate, granted))
        await settle()
        gate.leave()
        with pytest.raises(NotSent, match="stopped"):
            await stopped
        await other
        gate.leave()
        await gate.enter()

    asyncio.run(asyncio.wait_for(run(), 10))


def test_a_free_line_asks_nobody() -> None:
    asyncio.run(waiting(Turnstile(1), refused))


@pytest.mark.parametrize("handed", [False, True], ids=["while it waited", "in the moment of its turn"])
def test_one_that_goes_away_takes_no_line_with_it(handed: bool) -> None:
    async def run() -> None:
        gate = Turnstile(1)
        await gate.enter()
        goes, stays = (asyncio.create_task(waiting(gate, granted)) for _ in range(2))
        await settle()
        if handed:
            gate.leave()
            goes.cancel()
        else:
            goes.cancel()
            await settle()
            gate.leave()
        await stays
        assert goes.cancelled()

    asyncio.run(asyncio.wait_for(run(), 10))


def test_who_waits_for_very_long_is_told_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "LONGEST_WAIT", 0.01)

    async def run() -> None:
        gate = Turnstile(1)
        await gate.enter()
        with pytest.raises(NotSent, match="no line was free"):
            await gate.enter()
        gate.leave()
        await gate.enter()

    asyncio.run(run())


async def waiting(gate: Turnstile, leave: Callable[[], Awaitable[None]]) -> None:
    """One call of a task that stands in line."""
    stand_in_line(leave)
    await gate.enter()
