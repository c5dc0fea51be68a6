"""The two servers a stack needs: those the environment names, else embedded ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from saas.ops.embedded import CannotStart, Postgres, Valkey
from saas.ops.embedded.process import Child
from saas.ops.kept import Kept


class Servers:
    """PostgreSQL and a Redis-protocol server, external or ours."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self._env = env
        self._postgres = None if env.get("DATABASE_URL") else Postgres(home)
        self._valkey = None if env.get("REDIS_URL") else Valkey(home)
        if self._postgres is None and not env.get("DATABASE_OWNER_URL"):
            raise CannotStart(
                "设置了 DATABASE_URL,还需要 DATABASE_OWNER_URL(数据库所有者,用于迁移)",
                "DATABASE_URL is set; DATABASE_OWNER_URL (the database's owner, for migrations) is needed too",
            )

    def begin(self) -> None:
        """Start what takes time by itself."""
        if self._valkey:
            self._valkey.begin()

    def start(self) -> None:
        """Start the rest, and wait until both answer."""
        if self._postgres:
            self._postgres.start()
        if self._valkey:
            self._valkey.wait()

    def stop(self) -> None:
        """Stop ours, the database last."""
        if self._valkey:
            self._valkey.stop()
        if self._postgres:
            self._postgres.stop()

    def kept(self, say: Callable[[str], None]) -> list[Kept]:
        """Ours, as children to tend."""
        ours = [("postgres", self._postgres), ("valkey", self._valkey)]
        return [Kept(name, _reviver(server), say, server.child) for name, server in ours if server]

    @property
    def database_url(self) -> str:
        """The database as the application."""
        return self._postgres.app_url if self._postgres else self._env["DATABASE_URL"]

    @property
    def owner_url(self) -> str:
        """The database as its owner."""
        return self._postgres.owner_url if self._postgres else self._env["DATABASE_OWNER_URL"]

    @property
    def redis_url(self) -> str:
        """The Redis-protocol server."""
        return self._valkey.url if self._valkey else self._env["REDIS_URL"]


def _reviver(server: Postgres | Valkey) -> Callable[[], Child]:
    def revive() -> Child:
        server.revive()
        if server.child is None:
            raise CannotStart("服务器未能重新启动", "the server did not come back")
        return server.child

    return revive
