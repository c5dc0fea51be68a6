"""The engine: one tenant's turn. What came in is applied, lost leases are taken back, what is due is sent, platforms are asked.

A turn is bounded in seconds and, while others wait, in rows, so that a big tenant cannot starve a small one. Calls that take
longer go on beside the turns that follow; what is left waits for the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from saas.delivery import store
from saas.delivery.account_days import AccountDays
from saas.delivery.host import Host
from saas.delivery.inbox import apply_inbox
from saas.delivery.lateness import missed_words
from saas.delivery.measuring import Measuring
from saas.delivery.polling import Polling
from saas.delivery.recalling import Recalling
from saas.delivery.sending import Sending
from saas.delivery.turns import TURN_SECONDS, Turn, others_waiting
from saas.kernel import clock, failpoints
from saas.kernel.garbage import collector

DISPATCHES_AT_ONCE = 128
BEGIN_AT_ONCE, APART = 16, 0.004  # so many accounts begin together, the others so many seconds after each other
GRACE = 1.0  # so long a turn waits for calls that are on their way; they go on without it
MOST_PARTS = 256  # parts of turns that go on; with more a turn waits for its own
log = structlog.get_logger()

Row = Mapping[str, Any]


class Engine:
    """Takes turns for tenants. One a worker, living as long as it."""

    def __init__(self, host: Host, again: Callable[[int], None] = lambda tenant: None) -> None:
        """``again`` asks for a turn: what ended after its turn has more to do."""
        self._host, self._again = host, again
        self._parts: dict[tuple[str, int], asyncio.Task[bool]] = {}
        self._latest = 0.0

    async def turn(self, tenant: int, seconds: float = TURN_SECONDS) -> bool:
        """One turn; whether there is more to do at once."""
        turn = Turn(seconds, others_waiting(self._host.lines.redis, tenant))
        failpoints.reach("turn_begins")
        await apply_inbox(self._host.lines.pool, tenant, turn.until)
        async with self._host.lines.pool.tenant(tenant) as connection:
            await store.expire(connection, clock.now())
            failpoints.reach("in_expire")
            due = [row for row in await store.due_dispatches(connection, clock.now()) if not await self._ended(connection, row)]
        slots = asyncio.Semaphore(DISPATCHES_AT_ONCE)
        begun = [
            self._begin("poll", tenant, Polling(self._host, tenant).run),
            self._begin("measure", tenant, Measuring(self._host, tenant).run),
            self._begin("account days", tenant, AccountDays(self._host, tenant).run),
            self._begin("recall", tenant, Recalling(self._host.lines, self._host.registry, tenant).run),
            *(self._begin("dispatch", row["id"], partial(self._dispatch, tenant, row, turn, slots)) for row in due),
        ]
        more = await self._wait([task for task in begun if task], turn, tenant)
        unread = await apply_inbox(self._host.lines.pool, tenant, turn.until)
        failpoints.reach("turn_ends")
        collector.sweep()
        return more or unread

    async def close(self) -> None:
        """Let what is on its way come to its end."""
        await asyncio.gather(*self._parts.values(), return_exceptions=True)

    def _begin(self, kind: str, id: int, work: Callable[[], Awaitable[bool | None]]) -> asyncio.Task[bool] | None:
        """Begin a part of a turn, unless it still goes on since an earlier one."""
        if (kind, id) in self._parts:
            return None
        task = self._parts[kind, id] = asyncio.create_task(self._part(kind, id, work))
        return task

    async def _part(self, kind: str, id: int, work: Callable[[], Awaitable[bool | None]]) -> bool:
        try:
            return bool(await work())
        except Exception:
            log.exception("part of a turn failed", part=kind, id=id)
            return False
        finally:
            del self._parts[kind, id]

    async def _wait(self, begun: Sequence[asyncio.Task[bool]], turn: Turn, tenant: int) -> bool:
        """Wait for the parts, a little longer than the turn; whether one of them has more to do."""
        if not begun:
            return False
        patience = turn.left() + GRACE if len(self._parts) <= MOST_PARTS else None
        done, late = await asyncio.wait(begun, timeout=patience)
        for task in late:
            task.add_done_callback(lambda task: self._again(tenant) if not task.cancelled() and task.result() else None)
        return any(task.result() for task in done)

    async def _ended(self, connection: Any, row: Row) -> bool:
        """Whether the dispatch is over before its time: cancelled, or too late."""
        now = clock.now()
        if row["campaign_state"] != "released" or row["stopped_at"]:
            await store.close_due(connection, row["id"], "cancelled", "cancelled", "")
        elif now >= row["deadline"]:
            told = missed_words(row["due_at"], row["deadline"], now, row["zone"], await store.hindrance(connection, row["id"]))
            await store.close_due(connection, row["id"], "missed", "missed", told)
        else:
            return False
        await store.rest(connection, row["id"], now)
        return True

    async def _dispatch(self, tenant: int, row: Row, turn: Turn, slots: asyncio.Semaphore) -> bool:
        async with slots:
            await self._apart()
            account = await self._host.lines.opened.ask(tenant, row["account_id"])
            if account is None:
                await self._cannot(tenant, row, "credentials", "the stored credentials cannot be opened")
                return False
            installed = self._host.registry.get(account.channel)
            kind = installed.channel.kind(account.kind) if installed else None
            route = next((r for r in kind.routes if r.name == row["route"]), None) if kind else None
            if installed is None or route is None:
                await self._cannot(tenant, row, "no_channel", "the channel is not installed")
                return False
            sending = Sending(self._host, tenant, row, account, installed, route)
            await sending.run(turn)
            return sending.more

    async def _apart(self) -> None:
        """Accounts that all begin together go on together: now all of them wait for the platform, now all for the database."""
        now = asyncio.get_running_loop().time()
        self._latest = max(self._latest + APART, now - BEGIN_AT_ONCE * APART)
        if self._latest > now:
            await asyncio.sleep(self._latest - now)

    async def _cannot(self, tenant: int, row: Row, code: str, reason: str) -> None:
        async with self._host.lines.pool.tenant(tenant) as connection:
            if code == "credentials":
                await store.trouble(connection, row["account_id"], code, "", reason)
            await store.close_due(connection, row["id"], "skipped", code, reason)
            await store.rest(connection, row["id"], clock.now())
