"""The product's database roles: one that migrates, one that serves and owns nothing, one that no one logs in as."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "qunfa_owner"
APP = "qunfa_app"
SYSTEM = "qunfa_system"
DATABASE = "qunfa"

_PLAIN = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"


def create_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Make the roles, or set them right. The owner may hand functions over to ``qunfa_system``."""
    known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    for role in (OWNER, APP, SYSTEM):
        verb = "ALTER" if role in known else "CREATE"
        login = sql.SQL("LOGIN PASSWORD {}").format(passwords[role]) if role in passwords else sql.SQL("NOLOGIN")
        connection.execute(sql.SQL("{} ROLE {} {} {}").format(sql.SQL(verb), sql.Identifier(role), login, sql.SQL(_PLAIN)))
    connection.execute(f"GRANT {SYSTEM} TO {OWNER} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE")


def create_database(connection: psycopg.Connection, name: str, template: str | None) -> None:
    """Make a database of the owner that only our roles may connect to. A copy is one of files, not of logged pages: where
    nothing is flushed, as in tests, that takes half the time."""
    database = sql.Identifier(name)
    source = sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template)) if template else sql.SQL("")
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} {}").format(database, sql.Identifier(OWNER), source))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def grant_schema(connection: psycopg.Connection) -> None:
    """Let the system role own functions in the database of this connection."""
    connection.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {SYSTEM}")
