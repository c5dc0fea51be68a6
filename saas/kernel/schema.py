"""Whether a database has the newest schema: a question asked at every start, so it must cost nothing to ask."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def is_current(owner_url: str) -> bool:
    """Whether the newest migration has run and the functions are of this version. False when there is no schema at all."""
    query = "SELECT v.version_num, f.sha256 FROM alembic_version v CROSS JOIN applied_functions f"
    try:
        with psycopg.connect(owner_url) as connection:
            return connection.execute(query).fetchone() == (newest(), functions_digest())
    except psycopg.errors.UndefinedTable:
        return False


def newest() -> str:
    """The number of the newest migration."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def functions() -> list[Path]:
    """The files that define the engine's functions, in the order in which they are run."""
    return sorted((MIGRATIONS / "functions").glob("*.sql"))


def functions_digest() -> str:
    """A hash of all their text."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in functions())).hexdigest()
