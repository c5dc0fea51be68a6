"""What a worker does for deliveries that wait for people: learns who they are, reminds them, and ends the wait at its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from saas.channels.message import Message
from saas.channels.outcome import Person, Progress, Receipt, Refused
from saas.channels.platform import Account, MaybeSent, NotSent
from saas.channels.registry import Installed
from saas.delivery import store
from saas.delivery.asking import as_delivery, outcome_of
from saas.delivery.host import Host
from saas.delivery.news import note_expiry
from saas.delivery.waiting_policy import expired, expiry_words, wait_of
from saas.delivery.waiting_reminders import ABANDONED, Reminding, reminders_of, route_of
from saas.kernel import clock
from saas.kernel.pool import Connection

AGAIN = 15.0
MOST_NAMED = 5_000
log = structlog.get_logger()

Row = Mapping[str, Any]


class Waits:
    """One tenant's deliveries that wait for people."""

    def __init__(self, host: Host, tenant: int) -> None:
        self._host, self._tenant = host, tenant

    async def told(self, row: Row, account: Account, installed: Installed, known: Progress) -> None:
        """After a progress was written: who must act now, and whether the campaign's own reminder is due."""
        if known.final or not known.awaiting:
            if row["awaiting"]:
                await self._keep(row["id"], ())
            return
        row = {**row, "receipt": {**(row["receipt"] or {}), **known.ids}}
        await self._ask_people(row, account, installed)
        await self._remind(row, account, installed, known)

    async def ended(self, row: Row, account: Account, installed: Installed) -> bool:
        """End a wait whose time is up, where what is unsent can be stopped. False: the platform will say how it ends."""
        wait = wait_of(row)
        route = route_of(installed, account.kind, row["route"])
        if row["state"] != "awaiting" or not wait.over(clock.now()) or route is None or route.recall.kind != "stop_unsent":
            return False
        line, delivery = self._host.lines.of(self._tenant, account), as_delivery(row, row["route"])
        message = Message.from_json(row["message"])
        call = installed.hook.recall(account=account, delivery=delivery, message=message, platform=line)
        outcome = await outcome_of(call)
        if isinstance(outcome, Refused):
            return False
        kind = installed.channel.kind(account.kind)
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            if isinstance(outcome, Receipt):
                await self._expire(connection, row, account, outcome.progress, bool(kind and kind.assisted))
            else:
                log.info("the wait cannot be ended yet", delivery=row["id"], outcome=type(outcome).__name__)
                await _again(connection, row["id"], AGAIN)
        return True

    async def rest(self, row: Row) -> bool:
        """Sleep until the wait ends, where nothing is to be asked meanwhile. False when it has no end."""
        until = wait_of(row).deadline
        if row["state"] != "awaiting" or until is None or until <= clock.now():
            return False
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await connection.execute(
                "UPDATE deliveries SET poll_at = %s, awaiting_until = %s WHERE id = %s AND state = 'awaiting'",
                (until, until, row["id"]),
            )
        return True

    async def _expire(self, connection: Connection, row: Row, account: Account, told: Progress, assisted: bool) -> None:
        query = "SELECT * FROM deliveries WHERE id = %s AND state = 'awaiting' FOR UPDATE"
        current = await (await connection.execute(query, (row["id"],))).fetchone()
        if current is None:
            return
        count = "SELECT count(*) AS n FROM waiting_people WHERE delivery_id = %s"
        missing = await (await connection.execute(count, (row["id"],))).fetchone()
        rest = current["people"] - current["failed"] - current["skipped"] - current["unknown"]
        rest -= min(max(current["delivered"], told.delivered), rest)
        until = wait_of(row).deadline or clock.now()
        reason = expiry_words(until, account.zone, int(missing["n"]) if missing else 0, rest, assisted)
        await store.progress(connection, clock.now(), ("awaiting",), [expired(current, told, reason)])
        if rest:
            await note_expiry(connection, row["dispatch_id"], reason)

    async def _ask_people(self, row: Row, account: Account, installed: Installed) -> None:
        if installed.hook.waiting is None:
            return
        line, delivery = self._host.lines.of(self._tenant, account), as_delivery(row, row["route"])
        try:
            people = await installed.hook.waiting(account=account, delivery=delivery, platform=line)
        except (NotSent, MaybeSent) as error:
            log.info("nobody says who is waited for", delivery=row["id"], fault=type(error).__name__)
            return
        await self._keep(row["id"], people[:MOST_NAMED])

    async def _keep(self, delivery: int, people: Sequence[Person]) -> None:
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await connection.execute(f"{ABANDONED} AND r.delivery_id = %s", (delivery,))
            gone = "DELETE FROM waiting_people WHERE delivery_id = %s AND person <> ALL (%s)"
            await connection.execute(gone, (delivery, [person.id for person in people]))
            async with connection.cursor() as cursor:
                await cursor.executemany(
                    "INSERT INTO waiting_people (delivery_id, person, name, people, since) VALUES (%s, %s, %s, %s, %s)"
                    " ON CONFLICT (delivery_id, person) DO UPDATE SET name = excluded.name, people = excluded.people",
                    [(delivery, p.id, p.name or p.id, max(p.people, 0), p.since) for p in people],
                )

    async def _remind(self, row: Row, account: Account, installed: Installed, known: Progress) -> None:
        number = wait_of(row, known.awaiting_until).reminder_due(clock.now())
        if not number or reminders_of(installed, account, row["route"], clock.now()) is None:
            return
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            query = "SELECT 1 FROM reminders WHERE delivery_id = %s AND automatic >= %s"
            if await (await connection.execute(query, (row["id"], number))).fetchone():
                return
        told = await Reminding(self._host.lines, self._host.registry, self._tenant).remind(row["id"], "system", number)
        log.info("reminded", delivery=row["id"], number=number, outcome=told.outcome)


async def _again(connection: Connection, delivery: int, seconds: float) -> None:
    await connection.execute(
        "UPDATE deliveries SET poll_at = %s WHERE id = %s AND state = 'awaiting'",
        (clock.now() + timedelta(seconds=seconds), delivery),
    )
