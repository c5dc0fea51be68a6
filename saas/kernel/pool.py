"""The database for the event loop: a small pool, one transaction at a time, always under a tenant or none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[DictRow]
LINE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is cut off says nothing, for ever: within some ten seconds it is taken for lost."""
KEEPALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
SERVER = f"-c idle_in_transaction_session_timeout=10s {KEEPALIVE}"
"""The same the other way round: who sleeps in a transaction, or is cut off in it, must not hold its locks against all others."""
RECONNECT = 4.0  # then a transaction that waits begins anew; the pool's own patience grows to minutes
KWARGS: dict[str, Any] = {"row_factory": dict_row, "options": f"-c timezone=UTC {SERVER}", "autocommit": True}
FRESH = 1.0  # a connection that has answered so lately is not asked whether it lives: its next transaction tells as well


class Tracked(AsyncConnection[DictRow]):
    """A connection that knows when it last answered (steady clock)."""

    answered = 0.0


async def _alive(connection: Tracked) -> None:
    """One that was idle may have lost its server meanwhile: then the pool gives another."""
    if time.monotonic() - connection.answered > FRESH:
        await AsyncConnectionPool.check_connection(connection)


class Pool:
    """Connections as the application's role. Open and close it inside the loop."""

    def __init__(self, url: str, size: int = 8) -> None:
        self._url = url
        self._pool: AsyncConnectionPool[Tracked] = AsyncConnectionPool(
            url,
            connection_class=Tracked,
            min_size=1,
            max_size=size,
            open=False,
            kwargs=KWARGS | LINE,
            check=_alive,
            timeout=30,
            reconnect_timeout=RECONNECT,
        )

    async def open(self) -> None:
        """Open the first connections in the background; a transaction waits for one."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close all."""
        await self._pool.close()

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Connection]:
        """One transaction. A server that takes no writes any more is a lost one: the next connection may find its successor."""
        try:
            async with self._begun(begin) as connection:
                try:
                    yield connection
                except psycopg.errors.ReadOnlySqlTransaction as error:
                    await connection.close()
                    raise psycopg.OperationalError("the database takes no writes") from error
                connection.answered = time.monotonic()
        except psycopg.errors.IdleInTransactionSessionTimeout as error:
            raise psycopg.OperationalError("we slept in a transaction, and the server ended it") from error

    @asynccontextmanager
    async def _begun(self, begin: str) -> AsyncIterator[Tracked]:
        """A connection in its transaction, which ends with it. One that has lost its server since it last answered has done
        nothing yet: the next one is tried, at most all there are."""
        for left in range(self._pool.max_size, -1, -1):
            async with self._pool.connection() as connection:  # commits at its end, rolls back on an error
                try:
                    await connection.execute(begin)
                except psycopg.OperationalError:
                    if not (left and connection.closed):
                        raise
                    continue
                yield connection
                return

    @asynccontextmanager
    async def tenant(self, tenant: int) -> AsyncIterator[Connection]:
        """One transaction of a tenant: committed at the end, rolled back on an error. OperationalError: try again later."""
        async with self._transaction(f"BEGIN; SELECT set_config('qunfa.tenant', '{int(tenant)}', true)") as connection:
            yield connection

    @asynccontextmanager
    async def within(self, connection: Connection, tenant: int) -> AsyncIterator[Connection]:
        """The same on a connection one has."""
        async with connection.transaction():
            await connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(tenant),), prepare=True)
            yield connection

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Connection]:
        """A connection outside the pool, for what must never wait for the others."""
        try:
            connection: Connection = await AsyncConnection.connect(self._url, **KWARGS, **LINE)
        except asyncio.CancelledError as given_up:
            given_up.__traceback__ = None  # its frames hold the half-open socket, for which the server waits a minute
            raise
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def before_tenant(self) -> AsyncIterator[Connection]:
        """One transaction that sees no tenant's rows, for the questions across tenants."""
        async with self._transaction("BEGIN") as connection:
            yield connection
