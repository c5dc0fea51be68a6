"""Questions that come together are asked together: while one is under way, those that come after wait for the next.

A worker has dozens of accounts under way at once, and each asks the database small things between its calls. One by one every
question is a transaction; gathered, a few hundred of them are one. Alone, a question waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

import psycopg

Q = TypeVar("Q")
A = TypeVar("A")


class Gathering(Generic[Q, A]):
    """Asks for many. ``answer`` gets a tenant and distinct questions, and gives the answers by question."""

    def __init__(self, answer: Callable[[int, Sequence[Q]], Awaitable[Mapping[Q, A]]], most: int = 500) -> None:
        self._answer, self._most = answer, most
        self._waiting: dict[int, list[tuple[Q, asyncio.Future[A | None]]]] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}

    async def ask(self, tenant: int, question: Q) -> A | None:
        """The answer, None when there is none. Raises what asking raised."""
        future: asyncio.Future[A | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, []).append((question, future))
        if tenant not in self._asking:
            self._asking[tenant] = asyncio.create_task(self._ask_all(tenant))
        return await future

    async def _ask_all(self, tenant: int) -> None:
        try:
            while waiting := self._waiting.pop(tenant, None):
                asked, later = waiting[: self._most], waiting[self._most :]
                if later:
                    self._waiting[tenant] = later
                await self._ask_together(tenant, asked)
        finally:
            del self._asking[tenant]

    async def _ask_together(self, tenant: int, asked: Sequence[tuple[Q, asyncio.Future[A | None]]]) -> None:
        questions = list(dict.fromkeys(question for question, _ in asked))
        try:
            found = await self._answer(tenant, questions)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(questions) == 1:
                _tell(asked, error)
            else:
                for question in questions:  # one of them is at fault: the others shall not suffer for it
                    await self._ask_together(tenant, [one for one in asked if one[0] == question])
        except asyncio.CancelledError:
            for _, future in asked:
                future.cancel()
            raise
        except Exception as error:
            _tell(asked, error)
        else:
            for question, future in asked:
                if not future.done():
                    future.set_result(found.get(question))


def _tell(asked: Sequence[tuple[object, asyncio.Future[A | None]]], error: Exception) -> None:
    for _, future in asked:
        if not future.done():
            future.set_exception(error)
