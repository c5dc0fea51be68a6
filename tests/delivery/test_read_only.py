"""A database that suddenly takes no writes is a lost one: what was answered is kept and stored by its successor."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from saas.kernel.database import db, transaction
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.conftest import Stage

CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename = 'qunfa_app' AND datname = current_database() AND pid <> pg_backend_pid()"""

WRITES = "-c default_transaction_read_only=off"


def read_only(house: House, on: bool) -> None:
    """As a server that was made a standby: sessions end, new ones may not write."""
    with psycopg.connect(house.database.owner_url, autocommit=True, options=WRITES) as connection:
        value = "on" if on else "off"
        connection.execute(f"ALTER DATABASE {house.database.name} SET default_transaction_read_only = {value}")
    with psycopg.connect(house.database.app_url, autocommit=True) as connection:
        connection.execute(CUT)


def test_results_wait_for_a_database_that_takes_writes_again(stage: Stage) -> None:
    stage.ready(40, "keyed", rate=(1000, 1.0, 8))
    stage.ready(8, "blind", rate=(1000, 1.0, 4))
    stage.platform.delay = 0.4
    worker = stage.worker()

    async def trip() -> None:
        turn = asyncio.create_task(worker.engine.turn(stage.house.tenant))
        for _ in range(3000):
            if stage.platform.effects:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(read_only, stage.house, True)
        await asyncio.sleep(2.5)
        await asyncio.to_thread(read_only, stage.house, False)
        await asyncio.gather(turn, return_exceptions=True)
        await worker.engine.close()

    stage.run(trip())
    stage.wake()
    stage.turns()
    assert stage.states() == {"sent": 48}
    assert len(stage.platform.effects) == len(set(stage.platform.effects)) == 48
    assert set(stage.platform.calls.values()) <= {1, 2}  # the two campaigns share names of recipients
    balance(stage.house)


def test_a_turn_on_a_read_only_database_says_so_and_sends_nothing(stage: Stage) -> None:
    stage.ready(3, "blind")
    worker = stage.worker()
    read_only(stage.house, True)
    with pytest.raises(psycopg.OperationalError):
        stage.run(worker.engine.turn(stage.house.tenant))
    assert stage.platform.effects == []
    read_only(stage.house, False)
    stage.turns()
    assert stage.states() == {"sent": 3}


def test_a_page_drops_the_line_to_a_database_that_takes_no_writes(house: House) -> None:
    with house.within(), transaction() as session:
        session.execute(text("SELECT 1"))
    read_only(house, True)
    for _ in range(2):  # the line that was cut, then the server itself
        with pytest.raises(DBAPIError), house.within(), transaction() as session:
            session.execute(text("UPDATE tenants SET name = name"))
    read_only(house, False)
    with house.within(), transaction() as session:
        session.execute(text("UPDATE tenants SET name = 'again'"))
    with house.within():
        assert db.session.scalar(text("SELECT name FROM tenants")) == "again"
