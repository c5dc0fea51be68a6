"""One account's line: opened, read frame by frame, opened anew when it ends, each event stored before the next frame is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import psycopg
import structlog
from aiohttp import web
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from saas.channels.callback import Event
from saas.channels.listening import Listening
from saas.channels.platform import Account
from saas.channels.registry import Installed
from saas.delivery.listening.leases import Leases, Sign
from saas.kernel import clock

PING = 20.0
PONG = PING * 1.5
"""A line that answered no ping for so long is dead: what it last told may be so old."""
LARGEST = 1 << 20
OPENING = 10.0
MISSED = 3
SHORTEST_PATIENCE = 10.0
LOST = 60.0
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
STORING = 15.0
RISK = (
    "事件连接的心跳中断超过一分钟，可能被强制下线。请登录查看，确认正常后恢复 / "
    "no heartbeat for more than a minute: the account may have been forced offline. Look at it, then let it go on"
)
Line = aiohttp.ClientWebSocketResponse | web.WebSocketResponse
Store = Callable[[int, int, tuple[Event, ...]], Awaitable[None]]
log = structlog.get_logger()


@dataclass(slots=True)
class Ear:
    """Listens to one account for as long as its task runs."""

    tenant: int
    account: Account
    found: Installed
    where: Listening
    leases: Leases
    store: Store
    beat: float = 0.0
    patience: float = SHORTEST_PATIENCE
    lost: float = LOST
    heard_at: float | None = None
    is_open: bool = False
    _since: float = 0.0
    _tries: int = 0
    _stopped: bool = False

    def sign(self) -> Sign:
        """When it was heard last: while the line is open at the latest by a ping that was answered."""
        if not self.is_open or self.heard_at is None:
            return Sign(None, self.beat)
        return Sign(min(time.monotonic() - self.heard_at, PONG), self.beat)

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Until cancelled."""
        self._since = time.monotonic()
        while True:
            fault = await self._listen(session)
            sign, self.is_open = self.sign(), False
            log.info("line is down", account=self.account.key, fault=fault)
            await self._tell(self.leases.down(self.tenant, self.account.id, fault, sign))
            await self._consider()
            self._tries += 1
            await asyncio.sleep(PAUSES[min(self._tries, len(PAUSES)) - 1])

    async def _listen(self, session: aiohttp.ClientSession) -> str:
        """One line from its opening to its end; why it ended."""
        try:
            async with asyncio.timeout(OPENING) as opening:
                connecting = session.ws_connect(self.where.url, headers=self.where.headers, heartbeat=PING, max_msg_size=LARGEST)
                async with connecting as line:
                    opening.reschedule(None)
                    return await self.hear(line)
        except aiohttp.WSServerHandshakeError as refused:
            return f"HTTP {refused.status}"
        except (aiohttp.ClientError, psycopg.Error, SQLAlchemyError, TimeoutError, OSError) as error:
            return type(error).__name__

    async def hear(self, line: Line) -> str:
        """An open line, until it ends; why it ended."""
        self.heard_at, self.is_open = time.monotonic(), True
        await self.leases.up(self.tenant, self.account.id)
        return await self._read(line)

    async def _read(self, line: Line) -> str:
        while True:
            patience = max(self.beat * MISSED, self.patience) if self.beat else None
            try:
                async with asyncio.timeout(patience):
                    frame = await line.receive()
            except TimeoutError:
                return "heartbeat lost"
            if frame.type is aiohttp.WSMsgType.TEXT:
                if refused := await self._take(frame.data):
                    return refused
            elif frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                return "closed"
            elif frame.type is aiohttp.WSMsgType.ERROR:
                return type(line.exception()).__name__

    async def _take(self, frame: str) -> str:
        """One frame; why the line is not believed, or ""."""
        try:
            heard = self.found.hook.heard(account=self.account, frame=frame, now=clock.now().timestamp())
        except Exception as error:
            log.exception("channel failed", fault=type(error).__name__, account=self.account.key)
            return ""
        if heard.refused:
            return str(heard.refused)
        if heard.events:
            await self._stored(heard.events)
        self.heard_at = time.monotonic()
        if heard.next_within or heard.events or not self.beat:  # a greeting is not the heartbeat that was promised
            self._since, self._tries, self._stopped = self.heard_at, 0, False
        self.beat = heard.next_within or self.beat
        return ""

    async def _stored(self, events: tuple[Event, ...]) -> None:
        """Tried again while the database is away, for as long as the account is surely ours."""
        until = time.monotonic() + STORING
        while True:
            try:
                return await self.store(self.tenant, self.account.id, events)
            except OperationalError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(1.0)

    async def _consider(self) -> None:
        """A server that promised heartbeats is silent for a minute, whatever we try: its account may have been thrown out."""
        if self.beat and not self._stopped and time.monotonic() - self._since > self.lost:
            self._stopped = True
            await self._tell(self.leases.at_risk(self.tenant, self.account.id, RISK))

    async def _tell(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except (psycopg.Error, TimeoutError) as error:
            log.warning("line is not noted", account=self.account.key, fault=type(error).__name__)
