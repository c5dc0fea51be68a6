"""Whether a database has the newest schema: a question asked at every start, so it must cost nothing to ask."""

from __future__ import annotations

from pathlib import Path

import psycopg

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def is_current(owner_url: str) -> bool:
    """Whether the newest migration has run. False when there is no schema at all."""
    try:
        with psycopg.connect(owner_url) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return row is not None and row[0] == newest()


def newest() -> str:
    """The number of the newest migration."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
