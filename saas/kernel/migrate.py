"""Bring a database to the newest schema, as its owner.

Tables change by numbered migrations, each run once. The engine's functions are not history but code: they stand whole in
``migrations/functions`` and are all replaced, in one transaction, whenever one of them has changed. A migration that changes
what a function takes or gives drops it first.
"""

from __future__ import annotations

import psycopg
from alembic import command
from alembic.config import Config

from saas.kernel.schema import MIGRATIONS, functions, functions_digest
from saas.kernel.settings import sqlalchemy_url


def upgrade(owner_url: str) -> None:
    """Run every migration that has not run yet, and bring the functions to what this version has."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(owner_url).replace("%", "%%"))
    command.upgrade(config, "head")
    with psycopg.connect(owner_url) as connection:
        _replace_functions(connection)


def _replace_functions(connection: psycopg.Connection) -> None:
    wanted = functions_digest()
    connection.execute("LOCK TABLE applied_functions")  # two that start at once do it one after the other
    if connection.execute("SELECT FROM applied_functions WHERE sha256 = %s", (wanted,)).fetchone() is None:
        for file in functions():
            connection.execute(file.read_text(encoding="utf-8").encode())
        connection.execute("DELETE FROM applied_functions")
        connection.execute("INSERT INTO applied_functions (sha256) VALUES (%s)", (wanted,))
