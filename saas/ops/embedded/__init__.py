"""PostgreSQL and Valkey as children of this process: private, crash-proof, gone when the process is gone."""

from saas.ops.embedded.errors import AlreadyRunning, CannotStart
from saas.ops.embedded.postgres import Database, Postgres
from saas.ops.embedded.session import ephemeral
from saas.ops.embedded.valkey import Valkey

__all__ = ["AlreadyRunning", "CannotStart", "Database", "Postgres", "Valkey", "ephemeral"]
