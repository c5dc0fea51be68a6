"""A database made by an earlier version becomes one of this version, with its functions."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from saas.kernel import schema
from saas.kernel.migrate import upgrade
from saas.kernel.schema import functions, functions_digest, is_current
from saas.ops.embedded import Database, Postgres, Valkey


@pytest.fixture
def bare(data_servers: tuple[Postgres, Valkey]) -> Iterator[Database]:
    postgres, _ = data_servers
    made = postgres.create_database(f"t{secrets.token_hex(6)}")
    yield made
    postgres.drop_database(made.name)


def _functions_of(database: Database) -> set[str]:
    with psycopg.connect(database.owner_url) as connection:
        query = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        return {name for (name,) in connection.execute(query)}


def test_a_bare_database_becomes_current_and_stays_so(bare: Database) -> None:
    assert not is_current(bare.owner_url)
    upgrade(bare.owner_url)
    assert is_current(bare.owner_url)
    upgrade(bare.owner_url)
    assert is_current(bare.owner_url)


def test_a_changed_function_is_replaced(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    for file in functions():
        (tmp_path / "functions" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "functions" / "9_new.sql").write_text(
        "CREATE OR REPLACE FUNCTION newcomer() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    before = functions_digest()
    monkeypatch.setattr(schema, "functions", lambda: sorted((tmp_path / "functions").glob("*.sql")))
    monkeypatch.setattr("saas.kernel.migrate.functions", schema.functions)
    assert functions_digest() != before
    assert not is_current(database.owner_url)
    upgrade(database.owner_url)
    assert is_current(database.owner_url)
    assert "newcomer" in _functions_of(database)


def test_a_function_lost_by_hand_comes_back_with_the_next_version(database: Database) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("DROP FUNCTION claim_deliveries")
        connection.execute("UPDATE applied_functions SET sha256 = 'of another version'")
    assert not is_current(database.owner_url)
    upgrade(database.owner_url)
    assert "claim_deliveries" in _functions_of(database)
