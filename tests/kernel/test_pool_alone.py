"""A connection of one's own that nobody waits for any more is closed, whenever that was."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from saas.kernel.pool import Pool
from saas.ops.embedded import Database

DESCRIPTORS = Path("/proc/self/fd")


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

    pool, before = Pool(database.app_url), _sockets()
    asyncio.run(many())
    # Servers of other tests may open some of their own in this process; those pass, a forgotten one stays.
    until = time.monotonic() + 60
    while (left := _sockets() - before) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left


def _sockets() -> set[str]:
    """The sockets this process has open now, each by its number in the kernel."""
    found = set[str]()
    for descriptor in DESCRIPTORS.iterdir():
        try:
            found.add(str(descriptor.readlink()))
        except FileNotFoundError:  # closed meanwhile
            continue
    return {name for name in found if name.startswith("socket:")}
