"""The database for the event loop: a small pool, one transaction at a time, always under a tenant or none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[DictRow]
KWARGS: dict[str, Any] = {"row_factory": dict_row, "options": "-c timezone=UTC"}


class Pool:
    """Connections as the application's role. Open and close it inside the loop."""

    def __init__(self, url: str, size: int = 8) -> None:
        self._url = url
        self._pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            kwargs=KWARGS,
            check=AsyncConnectionPool.check_connection,
            timeout=30,
        )

    async def open(self) -> None:
        """Open the first connections in the background; a transaction waits for one."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close all."""
        await self._pool.close()

    @asynccontextmanager
    async def tenant(self, tenant: int) -> AsyncIterator[Connection]:
        """One transaction of a tenant: committed at the end, rolled back on an error."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(tenant),), prepare=True)
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
        connection: Connection = await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5, **KWARGS)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def before_tenant(self) -> AsyncIterator[Connection]:
        """One transaction that sees no tenant's rows, for the questions across tenants."""
        async with self._pool.connection() as connection, connection.transaction():
            yield connection
