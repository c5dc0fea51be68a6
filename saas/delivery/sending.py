"""Sending one dispatch for one turn: claim, call, write, each while the others work.

A claimer keeps a queue filled, as many senders as the account's rate allows drain it, and a writer stores outcomes in
bulk. Chunks end with their lease; what was not called goes back as it was.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog

from saas.channels.channel import Route
from saas.channels.message import Message
from saas.channels.outcome import Exhausted, Outcome, Receipt, Unknown
from saas.channels.platform import Account, Delivery, NotSent
from saas.channels.registry import Installed
from saas.channels.turnstile import stand_in_line
from saas.delivery import store
from saas.delivery.asking import LATE, LONGEST_CALL, answered
from saas.delivery.host import LEASE, Host, moment
from saas.delivery.outbox import Chunk, Outbox
from saas.delivery.policy import Attempt, News, chunk_rows, in_hand, not_called, received, settled, windows
from saas.delivery.quota_outside import note_used_up
from saas.delivery.standing_aside import STOPPING, of_one_target, stand_aside
from saas.delivery.turns import DRAIN, Turn
from saas.delivery.watch import Halted
from saas.kernel import clock, failpoints

FIGURES_AFTER = "interval '3 seconds'"
MOST_UNWRITTEN = 8  # chunks claimed and not stored yet
WORDS = 5  # so many answers, of a second each at most, are waited for in the middle of a call
LEAVE = 0.01  # seconds: a small part of every limit that is looked at
ODD = "渠道给出的结果无法保存 / what the channel told cannot be kept"
WRITE_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
log = structlog.get_logger()


class Sending:
    """One dispatch, one turn. ``more``: the turn ended before the work did."""

    def __init__(
        self, host: Host, tenant: int, dispatch: Mapping[str, Any], account: Account, installed: Installed, route: Route
    ) -> None:
        self._host, self._tenant, self._dispatch = host, tenant, dispatch["id"]
        self._where = f"{account.channel}/{account.kind}/{route.name}"
        self._account, self._hook, self._route = account, installed.hook, route
        self._message = Message.from_json(dispatch["message"])
        self._line = host.lines.of(tenant, account)
        stand_in_line(self._permit)
        self._limits = installed.hook.limits(account=account, route=route, now=clock.now())
        self._pace = host.pace(account.id, self._limits.rate)
        self._size = chunk_rows(self._limits, route)
        self._senders = min(self._limits.rate.concurrency, self._size)
        self._outbox, self._finished = Outbox(), 0
        self._done, self._unwritten = asyncio.Queue[Chunk | None](), asyncio.Semaphore(MOST_UNWRITTEN)
        self._calls: dict[asyncio.Timeout, float] = {}
        self._stopped: Outcome | Halted | None = None
        self._halted = self.more = False
        self._leases: list[int] = []

    async def run(self, turn: Turn) -> None:
        """Work until nothing is due, something stands in the way, or the turn is over."""
        self._until = turn.until + DRAIN
        self._began = time.monotonic()
        writer = asyncio.create_task(self._write_all())
        watched = self._host.watch.begin(self._tenant, self._dispatch, self._halt)
        self._hurry()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._claim_all(turn))
                for _ in range(self._senders):
                    group.create_task(self._send_all())
        finally:
            self._watch.cancel()
            self._done.put_nowait(None)
            await writer
            self._host.watch.end(watched)
            for lease in self._leases:
                self._host.leases.drop(lease)  # what was not written runs out, and is taken back

    def _halt(self) -> None:
        """Somebody has stopped it: nothing more is called, and what was not called goes back as it was."""
        self._halted = True  # whatever else stands in the way
        if self._stopped is None:
            self._stopped, self.more = Halted(), True
            for chunk in self._outbox.drain():
                self._done.put_nowait(chunk)

    async def _claim_all(self, turn: Turn) -> None:
        after = 0
        try:
            while self._stopped is None:
                if (wait := await self._pace.opening(len(self._outbox))) > turn.left():
                    await self._rest(wait)
                    break
                await self._unwritten.acquire()
                claimed, ends = await self._claim(after, size := turn.fitting(self._fitting()))
                if not claimed.rows and after and not claimed.blocked:
                    after = 0  # what became due again lies behind the cursor
                    self._unwritten.release()
                    continue
                if not claimed.rows:
                    break
                last = claimed.is_last(after, size)
                after = max(delivery.id for delivery in claimed.rows)
                self._outbox.put(Chunk(claimed.lease, len(claimed.rows), ends, claimed.held), claimed.rows)
                await self._outbox.room(0 if claimed.repeated else self._fitting())
                if await turn.over(len(claimed.rows)):
                    self.more = self.more or not last
                    break
                if last:
                    break
        except psycopg.Error as error:
            log.warning("no claim", dispatch=self._dispatch, fault=type(error).__name__)
        finally:
            self._outbox.end()

    def _fitting(self) -> int:
        return min(self._size, in_hand(self._senders, self._finished, time.monotonic() - self._began))

    async def _claim(self, after: int, size: int) -> tuple[store.Claimed, float]:
        """A chunk, and when the first window ends in which it counts."""
        failpoints.reach("before_claim", self._where)
        asked, now = moment(), clock.now()
        caps = windows(self._hook.limits(account=self._account, route=self._route, now=now), now, self._account.zone)
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            claimed = await store.claim(
                connection, self._dispatch, self._route.name, now, size, LEASE, self._host.name, caps, after
            )
            if claimed.blocked and claimed.resets_at:
                await store.put_off(connection, self._dispatch, now, claimed.resets_at, "exhausted", claimed.blocked)
            if claimed.is_last(after, size):
                await store.rest(connection, self._dispatch, now)
            failpoints.reach("in_claim", self._where)
        failpoints.reach("after_claim", self._where)
        ends = min((datetime.fromisoformat(cap["ends"]).timestamp() for cap in caps), default=math.inf)
        if claimed.rows:
            self._leases.append(claimed.lease)
            self._host.leases.hold(self._tenant, claimed.lease, asked, ends)
        return claimed, ends

    async def _rest(self, seconds: float) -> None:
        """The account's rate allows nothing for a while: no worker waits for it."""
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await store.rest(connection, self._dispatch, clock.now() + timedelta(seconds=seconds))

    async def _send_all(self) -> None:
        """Take deliveries until there are no more. A call that takes too long ends the timeout, not the sender."""
        more = True
        while more:
            more = await self._send_until_late()

    async def _send_until_late(self) -> bool:
        """Send one after the other; whether it stopped for a call that took too long. One timeout serves all calls of a sender:
        ``_hurry`` fires it, so that a call costs no timer of its own."""
        chunk, delivery = None, None
        try:
            async with asyncio.timeout(None) as patience:
                while (item := self._outbox.next() or await self._outbox.take()) is not None:
                    chunk, delivery = item
                    outcome = await self._send(chunk, delivery, patience)
                    self._note(chunk, delivery, outcome)
                    delivery = None
                    if patience.expired():
                        return True
        except TimeoutError:
            if chunk and delivery:
                self._note(chunk, delivery, LATE)
            return True
        return False

    async def _send(self, chunk: Chunk, delivery: Delivery, patience: asyncio.Timeout) -> Outcome | None:
        """The outcome; None when the call was never begun."""
        if self._stopped is None and not self._pace.take() and not await self._pace.slot(self._until):
            self.more = True
            return None  # others use up the account's rate: the turn does not wait for it
        if self._stopped is not None or (time.monotonic() >= chunk.leave and not await self._leave(chunk)):
            return None
        self._calls[patience] = time.monotonic()
        self._host.leases.call_under(chunk.lease)
        if failpoints.visitor:
            failpoints.visitor("before_call", self._where)
        try:
            call = self._hook.send(account=self._account, message=self._message, delivery=delivery, platform=self._line)
            outcome = await answered(call)
        finally:
            self._calls.pop(patience, None)
        if failpoints.visitor:
            failpoints.visitor("after_call", self._where)
        if isinstance(outcome, STOPPING) and not of_one_target(outcome, self._limits):
            self._stopped = outcome
        return outcome

    async def _leave(self, chunk: Chunk) -> bool:
        """Whether calls may begin: nobody has stopped it, as far as we heard lately; the lease is ours; and the windows in which
        its quota was reserved are not over (else it is claimed again in the next). Good for a moment: clocks cost, too."""
        watch, leases = self._host.watch, self._host.leases
        while self._stopped is None and not watch.fresh() and leases.may_call(chunk.lease):
            await watch.word()
        left = chunk.ends - clock.unix()
        if self._stopped is not None or not leases.may_call(chunk.lease) or left <= 0:
            return False
        chunk.leave = time.monotonic() + min(LEAVE, left)
        return True

    async def _permit(self) -> None:
        """The same from inside a call of several steps, before the one that reaches people. Raises NotSent."""
        for _ in range(WORDS):
            if self._halted or not self._host.leases.may_go_on():
                raise NotSent("发送已被停止或由别人接手 / the send was stopped, or is another's by now")
            if self._host.watch.fresh():
                return
            await self._host.watch.word()
        raise NotSent("数据库没有应答 / the database does not answer")

    def _note(self, chunk: Chunk, delivery: Delivery, outcome: Outcome | None) -> None:
        chunk.results.append((delivery, outcome))
        self._finished += 1
        if len(chunk.results) == chunk.size:
            self._done.put_nowait(chunk)

    def _hurry(self) -> None:
        """Every second: end the calls that take too long."""
        begun = time.monotonic() - LONGEST_CALL
        for patience in [patience for patience, at in self._calls.items() if at < begun]:
            del self._calls[patience]
            patience.reschedule(0)
        self._watch = asyncio.get_running_loop().call_later(1.0, self._hurry)

    async def _write_all(self) -> None:
        while (chunk := await self._done.get()) is not None:
            await self._write(chunk)
            self._unwritten.release()

    async def _write(self, chunk: Chunk) -> None:
        """Store what was answered. While the database is away we keep it, and the lease with it, and try again."""
        for wait in (*WRITE_WAITS, None):
            try:
                await self._store(chunk)
                break
            except psycopg.OperationalError as error:
                log.warning("outcomes wait for the database", dispatch=self._dispatch, fault=type(error).__name__)
                await asyncio.sleep(wait or 0.0)
            except Exception:
                log.exception("outcomes cannot be stored", dispatch=self._dispatch)
                break
        if not chunk.part:
            self._host.leases.drop(chunk.lease)

    async def _store(self, chunk: Chunk) -> None:
        now = clock.now()
        failpoints.reach("before_write", self._where)
        news = [self._news(chunk, delivery, outcome, now) for delivery, outcome in chunk.results]
        async with self._host.lines.pool.tenant(self._tenant) as connection:
            await (store.hand_back if chunk.part else store.settle)(connection, chunk.lease, now, news)
            for delivery, outcome in chunk.results:
                if isinstance(outcome, Receipt) and outcome.progress.failures:
                    await store.failures(connection, delivery.id, outcome.progress.failures)
            if any(n.a for n in news) and self._route.fan_out.mode != "each" and self._hook.figures:
                await connection.execute(
                    f"UPDATE dispatches SET figures_at = now() + {FIGURES_AFTER} WHERE id = %s AND figures_at IS NULL",  # noqa: S608
                    (self._dispatch,),
                )
            failpoints.reach("in_write", self._where)
        failpoints.reach("after_write", self._where)
        if isinstance(self._stopped, STOPPING):
            # By itself: together with the sums just written it would wait for a claim that waits for them.
            async with self._host.lines.pool.tenant(self._tenant) as connection:
                await stand_aside(connection, self._dispatch, self._account.id, self._stopped)
                failpoints.reach("in_stand_aside", self._where)
        if isinstance(self._stopped, Exhausted):
            await note_used_up(self._host.lines.pool, self._tenant, self._account, self._limits, self._stopped, now)

    def _news(self, chunk: Chunk, delivery: Delivery, outcome: Outcome | None, now: datetime) -> News:
        """What becomes of it. An answer that cannot be written down spoils no other's: nobody knows then."""
        try:
            told = self._told(chunk, delivery, outcome, now)
            if isinstance(outcome, Receipt):
                store.must_be_writable(told)
            return told
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            log.warning("an outcome makes no sense", dispatch=self._dispatch, fault=type(error).__name__)
            return self._told(chunk, delivery, Unknown(ODD), now)

    def _told(self, chunk: Chunk, delivery: Delivery, outcome: Outcome | None, now: datetime) -> News:
        target = delivery.target
        if isinstance(outcome, Receipt):
            return received(delivery.id, target.form, target.people, outcome, now)
        held, began = delivery.id in chunk.held, delivery.started_at or now
        attempt = Attempt(delivery.id, target.people, delivery.attempt, began, held, target.form)
        return not_called(attempt, now) if outcome is None else settled(attempt, outcome, self._route.repeat, now)
