"""One limit for many calls: a late call is ended, and only that; a cancellation of another's stays one."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from saas.channels.patience import Patience

SHORT = 0.08


async def bounded(patience: Patience, seconds: float) -> str:
    """A call that takes so long."""
    call = patience.begin()
    try:
        await asyncio.sleep(seconds)
        return "whole"
    except asyncio.CancelledError:
        if patience.ran_out(call):
            return "late"
        raise
    finally:
        patience.end(call)


def run(story: Callable[[Patience], Coroutine[None, None, object]]) -> object:
    async def told() -> object:
        return await story(Patience(SHORT))

    return asyncio.run(told())


def test_a_late_call_is_ended_and_the_others_go_on() -> None:
    async def story(patience: Patience) -> object:
        return await asyncio.gather(bounded(patience, 5), bounded(patience, 0), bounded(patience, SHORT / 2))

    assert run(story) == ["late", "whole", "whole"]


def test_a_task_that_was_late_once_may_call_again() -> None:
    async def story(patience: Patience) -> object:
        return [await bounded(patience, 5), await bounded(patience, 0), await bounded(patience, 5)]

    assert run(story) == ["late", "whole", "late"]


def test_after_a_silence_calls_are_watched_again() -> None:
    async def story(patience: Patience) -> object:
        first = await bounded(patience, 0)
        await asyncio.sleep(SHORT * 2)
        return [first, await bounded(patience, 5)]

    assert run(story) == ["whole", "late"]


def test_a_cancellation_by_somebody_else_is_theirs() -> None:
    async def story(patience: Patience) -> object:
        call = asyncio.create_task(bounded(patience, 5))
        await asyncio.sleep(0)
        call.cancel()
        return await call

    with pytest.raises(asyncio.CancelledError):
        run(story)


def test_an_outer_limit_that_ends_at_the_same_time_is_kept() -> None:
    async def story(patience: Patience) -> object:
        async with asyncio.timeout(None) as outer:
            call = patience.begin()
            try:
                outer.reschedule(asyncio.get_running_loop().time())
                await asyncio.sleep(0)
                patience._ended.add(call)
                call.cancel()
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                assert not patience.ran_out(call)
                raise
            finally:
                patience.end(call)

    with pytest.raises(TimeoutError):
        run(story)
