"""The loop's transactions: under their tenant, whole or not at all, and on a connection that lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from saas.kernel import pool as subject
from saas.kernel.pool import Connection, Pool
from saas.ops.embedded import Database

TENANT = "SELECT current_setting('qunfa.tenant', true) AS tenant, pg_backend_pid() AS server"


def on(database: Database, work: Callable[[Pool], Awaitable[None]]) -> None:
    """Run it with a pool of one connection."""

    async def run() -> None:
        pool = Pool(database.app_url, 1)
        await pool.open()
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(run())


async def told(connection: Connection) -> tuple[str, int]:
    """Under which tenant, and by which of the server's processes."""
    row = await (await connection.execute(TENANT)).fetchone()
    assert row
    return row["tenant"] or "", row["server"]


def test_a_connection_that_was_a_tenants_is_nobodys_afterwards(database: Database) -> None:
    async def work(pool: Pool) -> None:
        async with pool.tenant(7) as connection:
            assert (await told(connection))[0] == "7"
        async with pool.before_tenant() as connection:
            assert (await told(connection))[0] == ""
        with pytest.raises(ZeroDivisionError):
            async with pool.tenant(8) as connection:
                assert (await told(connection))[0] == "8"
                raise ZeroDivisionError
        async with pool.before_tenant() as connection:
            assert (await told(connection))[0] == ""

    on(database, work)


def test_what_a_failed_transaction_wrote_is_not_there(database: Database) -> None:
    async def work(pool: Pool) -> None:
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with pool.tenant(1) as connection:
                await connection.execute("SET statement_timeout = 12345")
                await connection.execute("SELECT 1 / 0")
        async with pool.tenant(1) as connection, connection.transaction():
            row = await (await connection.execute("SELECT current_setting('statement_timeout') AS kept")).fetchone()
            assert row
            assert row["kept"] != "12345ms"

    on(database, work)


def test_an_idle_connection_that_lost_its_server_is_replaced_before_anybody_works_on_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "FRESH", 0.0)

    async def work(pool: Pool) -> None:
        async with pool.tenant(1) as connection:
            _, server = await told(connection)
        ended(database, server)
        async with pool.tenant(1) as connection:
            assert (await told(connection))[1] != server

    on(database, work)


def test_one_that_lost_it_a_moment_after_it_answered_is_replaced_before_anything_was_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "FRESH", 60.0)

    async def work(pool: Pool) -> None:
        async with pool.tenant(1) as connection:
            _, server = await told(connection)
        ended(database, server)
        async with pool.tenant(1) as connection:
            assert (await told(connection))[1] != server

    on(database, work)


def test_one_that_loses_it_in_the_middle_fails_and_says_try_again(database: Database) -> None:
    async def work(pool: Pool) -> None:
        with pytest.raises(psycopg.OperationalError):
            async with pool.tenant(1) as connection:
                _, server = await told(connection)
                ended(database, server)
                await told(connection)
        async with pool.tenant(1) as connection:
            assert (await told(connection))[1] != server

    on(database, work)


def ended(database: Database, server: int) -> None:
    """The server ends that process of its own; gone when this returns."""
    with psycopg.connect(database.app_url, autocommit=True) as another:
        assert another.execute("SELECT pg_terminate_backend(%s, 5000)", (server,)).fetchone() == (True,)
