"""A connection of one's own that nobody waits for any more is closed, whenever that was."""

from __future__ import annotations

import asyncio
import gc

import psutil

from saas.kernel.pool import Pool
from saas.ops.embedded import Database


def test_a_connection_that_is_given_up_while_it_comes_about_leaves_no_socket(database: Database) -> None:
    kept = list[asyncio.Task[None]]()

    async def given_up(steps: int) -> None:
        async def keep() -> None:
            async with pool.alone():
                await asyncio.sleep(60)

        task = asyncio.create_task(keep())
        kept.append(task)
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    async def many() -> None:
        for steps in range(8):
            await given_up(steps)

    pool, process = Pool(database.app_url), psutil.Process()
    before = process.num_fds()
    asyncio.run(many())
    gc.collect()
    assert process.num_fds() == before
