"""So many calls at once. Of those that wait, the calls of who began first go first, and none goes without asking for leave again.

A worker has hundreds of accounts under way, and each makes several calls. First come, first served, all of them would upload,
then all send, then all write to the database, and in between nobody would call. This way one account after the other is done.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from saas.channels.platform import NotSent

LONGEST_WAIT = 30.0
TOO_MANY = "没有空闲的连接，未发出 / no line was free, nothing was sent"

Leave = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task stands, and whom it asks. Without one it goes first and asks nobody: polls, checks, a person's click."""

    number: int = 0
    leave: Leave | None = None


_numbers = count(1)
_place: ContextVar[Place] = ContextVar("place", default=Place())  # noqa: B039 - it is frozen


def stand_in_line(leave: Leave) -> None:
    """What this task calls from here on, with the tasks that it begins, stands behind who did so before. ``leave`` raises NotSent
    when the calls may go on no more."""
    _place.set(Place(next(_numbers), leave))


def let_others_first() -> None:
    """What this task calls can wait: figures, of which nobody misses a second."""
    _place.set(Place(sys.maxsize))


async def ask_leave() -> None:
    """Whether what this task does may go on. Raises NotSent."""
    if leave := _place.get().leave:
        await leave()


class Turnstile:
    """Lets ``lines`` calls through at once."""

    def __init__(self, lines: int) -> None:
        self._free = lines  # above nought nobody waits
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._come = count()

    async def enter(self) -> None:
        """A line for one call; ``leave`` it. Raises NotSent when none comes free for long, or leave is not given any more."""
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (_place.get().number, next(self._come), mine))
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await mine
        except BaseException as error:
            if mine.done() and not mine.cancelled():
                self.leave()  # it was given to us in the moment we went away
            if isinstance(error, TimeoutError):
                raise NotSent(TOO_MANY) from None
            raise
        try:
            await ask_leave()
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """The call is over: the line is the next one's."""
        while self._waiting:
            _, _, next_one = heappop(self._waiting)
            if not next_one.done():
                next_one.set_result(None)
                return
        self._free += 1
