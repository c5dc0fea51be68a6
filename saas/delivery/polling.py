"""Asking platforms: how far an accepted delivery is, and what became of one whose outcome is unknown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from saas.channels.broken import NO_REASON
from saas.channels.channel import Repeat
from saas.channels.message import Message
from saas.channels.outcome import Absent, Outcome, Receipt
from saas.channels.platform import Account, MaybeSent, NotSent
from saas.channels.registry import Installed
from saas.delivery import news, store
from saas.delivery.asking import as_delivery, outcome_of
from saas.delivery.host import Host
from saas.delivery.policy import News, received
from saas.delivery.waiting_policy import kept_to
from saas.delivery.waiting_turns import Waits
from saas.kernel import clock, failpoints

ASK_HOLD = timedelta(seconds=60)
ASK_AGAIN = 15.0
LOOKUP_GAPS = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
AT_ONCE = 32
LONGEST = 20.0  # no question begins later than that after it was taken
PATIENCE = 30.0
log = structlog.get_logger()

Row = Mapping[str, Any]


class Polling:
    """One tenant's questions that are due now."""

    def __init__(self, host: Host, tenant: int) -> None:
        self._host, self._tenant = host, tenant
        self._waits = Waits(host, tenant)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._until = time.monotonic() + LONGEST

    async def run(self) -> None:
        """Take what is due, ask all at once, write each answer as it comes."""
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            rows = await store.take_polls(connection, clock.now(), ASK_HOLD)
            accounts = await self._host.lines.accounts(connection, [row["account_id"] for row in rows])
        async with asyncio.TaskGroup() as group:
            for row in rows:
                if row["account_id"] in accounts:
                    group.create_task(self._ask_alone(row, accounts[row["account_id"]]))

    async def _ask_alone(self, row: Row, account: Account) -> None:
        """One answer that cannot be kept does not take the others' with it; its question is asked again later."""
        try:
            await self._ask(row, account)
        except Exception as error:
            log.exception("answer cannot be kept", delivery=row["id"], fault=type(error).__name__)

    async def _ask(self, row: Row, account: Account) -> None:
        installed = self._host.registry.get(account.channel)
        async with self._slots:
            if installed is None or time.monotonic() >= self._until:
                return  # platforms are slow: it is asked when its hold is over
            if row["state"] == "unknown":
                await self._look_up(row, account, installed)
            elif await self._waits.ended(row, account, installed):
                return
            elif installed.hook.progress:
                await self._progress(row, account, installed)
            elif not await self._waits.rest(row):
                await self._ask_no_more(row)

    async def _progress(self, row: Row, account: Account, installed: Installed) -> None:
        line = self._host.lines.of(self._tenant, account)
        try:
            async with asyncio.timeout(PATIENCE):
                known = await installed.hook.progress(account=account, delivery=as_delivery(row, row["route"]), platform=line)
        except (NotSent, MaybeSent, TimeoutError) as error:
            log.info("no word of progress", delivery=row["id"], fault=type(error).__name__)
            return await self._ask_later(row, ASK_AGAIN)
        except Exception as error:
            log.exception("channel failed", fault=type(error).__name__)
            return await self._ask_later(row, ASK_AGAIN * 4)
        failpoints.reach("after_ask", account.channel)
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await news.write_progress(connection, clock.now(), [(row, kept_to(known, row, clock.now()))], "statistics")
        await self._waits.told(row, account, installed, known)

    async def _look_up(self, row: Row, account: Account, installed: Installed) -> None:
        if installed.hook.lookup is None:
            return await self._ask_no_more(row)
        line = self._host.lines.of(self._tenant, account)
        call = installed.hook.lookup(
            account=account, message=Message.from_json(row["message"]), delivery=as_delivery(row, row["route"]), platform=line
        )
        outcome = await outcome_of(call)
        found = self._found(row, outcome)
        if found is None:
            return await self._not_yet(row, outcome)
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            if found.state != "due" or await store.still_at(connection, row["id"], row["attempts"]):
                await store.progress(connection, clock.now(), ("unknown",), [found])
            failpoints.reach("in_lookup", account.channel)

    def _found(self, row: Row, outcome: Outcome) -> News | None:
        now = clock.now()
        match outcome:
            case Receipt():
                return replace(received(row["id"], row["form"], row["people"], outcome, now), code="found", reason="")
            case Absent(reason=reason):
                return News(row["id"], "due", "give_back", due=now, code="absent", reason=reason)
        return None

    async def _not_yet(self, row: Row, outcome: Outcome) -> None:
        """Still unknown: asked again with growing gaps while the route says it may help, then a person decides."""
        repeat = Repeat(row["repeat_by"], row["repeat_seconds"])
        started = row["started_at"] or clock.now()
        over = clock.now() > started + timedelta(seconds=max(repeat.seconds, 60))
        gap = LOOKUP_GAPS[min(row["polls"], len(LOOKUP_GAPS) - 1)]
        said = str(getattr(outcome, "reason", "")) or NO_REASON
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await store.looked_up(connection, row["id"], said, None if over else gap)

    async def _ask_later(self, row: Row, seconds: float) -> None:
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await connection.execute(
                "UPDATE deliveries SET poll_at = now() + make_interval(secs => %s) WHERE id = %s AND poll_at IS NOT NULL",
                (seconds, row["id"]),
            )

    async def _ask_no_more(self, row: Row) -> None:
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await store.clear_poll(connection, row["id"], row["state"])
