"""Questions that come together are one transaction, and none of them suffers for another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import psycopg
import pytest

from saas.accounts.gathering import Gathering


class Register:
    """Doubles numbers and remembers what it was asked at once; refuses seven."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, list[int]]] = []

    async def answer(self, tenant: int, numbers: Sequence[int]) -> Mapping[int, int]:
        self.asked.append((tenant, list(numbers)))
        await asyncio.sleep(0.001)
        if 7 in numbers:
            raise psycopg.DataError("seven")
        return {number: number * 2 for number in numbers if number != 5}


def test_questions_that_come_together_are_asked_at_once_and_each_but_once() -> None:
    async def ask() -> list[int | None]:
        gathering = Gathering(register.answer)
        return list(await asyncio.gather(*(gathering.ask(1, number) for number in (1, 2, 2, 5))))

    register = Register()
    assert asyncio.run(ask()) == [2, 4, 4, None]
    assert register.asked == [(1, [1, 2, 5])]


def test_tenants_are_never_asked_for_in_one_question() -> None:
    async def ask() -> None:
        gathering = Gathering(register.answer)
        await asyncio.gather(*(gathering.ask(tenant, tenant) for tenant in (1, 2, 1)))

    register = Register()
    asyncio.run(ask())
    assert sorted(register.asked) == [(1, [1]), (2, [2])]


def test_what_comes_while_a_question_is_under_way_goes_into_the_next_and_no_question_is_larger_than_allowed() -> None:
    async def ask() -> None:
        gathering = Gathering(register.answer, most=2)
        first = asyncio.create_task(gathering.ask(1, 1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.gather(first, *(gathering.ask(1, number) for number in (2, 3, 4)))

    register = Register()
    asyncio.run(ask())
    assert register.asked == [(1, [1]), (1, [2, 3]), (1, [4])]


def test_a_question_that_cannot_be_answered_does_not_spoil_the_others() -> None:
    async def ask() -> list[int | BaseException | None]:
        gathering = Gathering(register.answer)
        return list(await asyncio.gather(*(gathering.ask(1, number) for number in (3, 7, 4)), return_exceptions=True))

    register = Register()
    three, seven, four = asyncio.run(ask())
    assert (three, four) == (6, 8)
    assert isinstance(seven, psycopg.DataError)


def test_when_the_database_is_away_everybody_hears_of_it_and_the_next_question_is_asked_again() -> None:
    async def ask() -> int | None:
        gathering = Gathering(answer)
        told = await asyncio.gather(gathering.ask(1, 1), gathering.ask(1, 2), return_exceptions=True)
        assert [type(word) for word in told] == [psycopg.OperationalError] * 2
        return await gathering.ask(1, 3)

    away = [True]

    async def answer(tenant: int, numbers: Sequence[int]) -> Mapping[int, int]:
        if away.pop():
            away.append(False)
            raise psycopg.OperationalError("away")
        return dict.fromkeys(numbers, 0)

    assert asyncio.run(ask()) == 0


@pytest.mark.parametrize("others", [1, 3])
def test_who_stops_waiting_leaves_the_others_their_answer(others: int) -> None:
    async def ask() -> list[int | None]:
        gathering = Gathering(register.answer)
        gone = asyncio.create_task(gathering.ask(1, 9))
        waiting = [asyncio.create_task(gathering.ask(1, number)) for number in range(others)]
        await asyncio.sleep(0)
        gone.cancel()
        return list(await asyncio.gather(*waiting))

    register = Register()
    assert asyncio.run(ask()) == [number * 2 for number in range(others)]
