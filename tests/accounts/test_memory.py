"""What is remembered of an account is exchanged by one of several who come at once, on any worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from saas.accounts.line import Line, Lines
from saas.channels.http import Http
from saas.channels.platform import Account
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House

WORKERS, ROUNDS = 3, 8


@asynccontextmanager
async def workers(house: House, account: int) -> AsyncIterator[list[Line]]:
    """The account's line on several workers, each with connections of its own."""
    opened = []
    for _ in range(WORKERS):
        pool, redis, http = Pool(settings().database_url, 3), Redis.from_url(settings().redis_url), Http(1)
        await pool.open()
        opened.append((pool, redis, http, Lines(pool, redis, Sealer(settings().encryption_keys), http)))
    try:
        yield [lines.of(house.tenant, Account(account, "one", "trial", "keyed", "One")) for *_, lines in opened]
    finally:
        for pool, redis, http, _ in opened:
            await http.close()
            await redis.aclose()
            await pool.close()


def test_of_several_workers_that_take_a_place_at_once_one_has_it(house: House) -> None:
    account = house.account("one")

    async def scene() -> None:
        async with workers(house, account) as lines:
            for number in range(ROUNDS):
                wishes = [(line, f"{who}-{turn}") for turn in range(2) for who, line in enumerate(lines)]
                won = await asyncio.gather(*(line.exchange(f"place:{number}", "", who, 60.0) for line, who in wishes))
                assert won.count(True) == 1
                assert await lines[0].recall_memory(f"place:{number}") == wishes[won.index(True)][1]

    with house.within():
        asyncio.run(scene())


def test_a_place_is_given_up_by_its_holder_alone_and_free_again_when_its_time_is_over(house: House) -> None:
    account = house.account("one")

    async def scene() -> None:
        async with workers(house, account) as (line, other, *_):
            assert not await line.exchange("place", "mine", "", 1.0)
            assert await line.exchange("place", "", "mine", 60.0)
            assert not await other.exchange("place", "theirs", "", 1.0)
            assert await other.recall_memory("place") == "mine"
            assert await line.exchange("place", "mine", "", 1.0)
            assert await other.exchange("place", "", "theirs", -1.0)
            assert await line.recall_memory("place") is None
            assert not await line.exchange("place", "theirs", "late")
            assert await line.exchange("place", "", "mine")
            assert await other.recall_memory("place") == "mine"

    with house.within():
        asyncio.run(scene())
