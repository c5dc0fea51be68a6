"""PostgreSQL fails over, Redis moves to another machine while workers send: nothing twice, nothing lost, nobody restarted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from limits.storage import storage_from_string
from psycopg.conninfo import conninfo_to_dict
from redis import Redis
from redis.exceptions import RedisError

from saas.delivery.ring import wake
from saas.kernel.migrate import upgrade
from saas.kernel.redis_server import connect, limiter_storage
from saas.kernel.settings import sqlalchemy_url
from saas.ops.embedded import Database, Postgres
from saas.ops.embedded.account import own, server_account
from saas.ops.embedded.binaries import postgres_programs, valkey_program
from saas.ops.embedded.process import Child, kill, spawn, stop, wait_until
from saas.ops.ports import free_port
from tests.conftest import House
from tests.ops.hosts import ROOT, WORKER, Backstage, Machine, TimedPlatform, Wire, until
from tests.ops.test_many_hosts import OPEN, leases_of, nothing_twice_nothing_lost

SECRET = "between-the-servers"


@dataclass
class Pair:
    """A primary, its hot standby that has everything the primary has promised, and the way to each."""

    primary: Postgres
    standby: Child
    folder: Path

    def url(self, url: str, name: str = "") -> str:
        """The same database on the standby; as the superuser when ``name`` says so."""
        known = conninfo_to_dict(url)
        user, password = (name, self.primary._passwords()[name]) if name else (known["user"], known["password"])
        return f"postgresql://{user}:{password}@/{known['dbname']}?host={self.folder}"

    def promote(self) -> None:
        """The primary is gone: its power failed. The standby takes over."""
        assert self.primary.child
        os.killpg(self.primary.child.pid, signal.SIGKILL)
        self.primary.child.wait()
        with psycopg.connect(self.url(self.primary.app_url, "postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 30)")
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    home = Path(tempfile.mkdtemp(prefix="q"))
    home.chmod(0o755)
    primary = Postgres(home, durable=False)
    primary.start()
    upgrade(primary.owner_url)
    account, folder = server_account(), home / "standby"
    folder.mkdir(mode=0o700)
    own(folder, account)
    programs, standby = postgres_programs(account), None
    try:
        known = conninfo_to_dict(primary._url("postgres", "postgres"))
        copy = spawn(
            [programs / "pg_basebackup", "-h", known["host"], "-U", "postgres", "-D", folder, "-R", "-X", "stream", "-c", "fast"],
            log=home / "copy.log",
            env={**os.environ, "PGPASSWORD": str(known["password"])},
            account=account,
        )
        assert copy.wait(60) == 0, (home / "copy.log").read_text()
        for socket_of_the_primary in folder.glob(".s.PGSQL.*"):
            socket_of_the_primary.unlink()
        settings = {"unix_socket_directories": folder, "listen_addresses": "", "fsync": "off", "max_connections": 200}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        standby = spawn([programs / "postgres", "-D", folder, *options], log=home / "standby.log", account=account)
        with primary._superuser() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
            connection.execute("SELECT pg_reload_conf()")

            def attached() -> bool:
                return connection.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone() is not None

            assert wait_until(attached, standby, 30), (home / "standby.log").read_text()
        yield Pair(primary, standby, folder)
    finally:
        if standby:
            stop(standby, signal.SIGINT, 5)
        primary.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def database(pair: Pair) -> Database:
    """The house of this module stands on the pair's primary."""
    return pair.primary.database("qunfa")


@pytest.fixture
def backstage() -> Iterator[Backstage]:
    backstage = Backstage()
    yield backstage
    backstage.close()


@pytest.fixture
def platform(backstage: Backstage) -> Iterator[TimedPlatform]:
    platform = TimedPlatform(delay=0.05)
    backstage.run(platform.start())
    yield platform
    backstage.run(platform.stop())


def test_a_standby_takes_over_in_the_middle_of_a_campaign(
    pair: Pair, house: House, environment: dict[str, str], backstage: Backstage, platform: TimedPlatform, tmp_path: Path
) -> None:
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        redis.flushdb()
    for number in range(2):
        account = house.account(f"a{number}", kind="keyed", address=platform.address, rate=(60, 1.0, 8), caps={"day": 900})
        house.dispatch(house.campaign(), account, rows=500, repeat=("key", 3600))
    machines = [Machine(tmp_path / f"host-{number}", backstage, environment) for number in range(2)]
    for machine in machines:
        second = Wire(backstage, f"{pair.folder}/.s.PGSQL.5432")
        url = machine.env["DATABASE_URL"].replace(
            f":{machine.database.port}/", f":{machine.database.port},127.0.0.1:{second.port}/"
        )
        machine.env["DATABASE_URL"] = f"{url}?target_session_attrs=read-write"
    try:
        machines[0].scheduler()
        workers = [machine.worker() for machine in machines]
        until(lambda: all(leases_of(house, worker) > 1 for worker in workers), 40, machines)
        pair.promote()
        moved = Database("qunfa", pair.url(house.database.owner_url), pair.url(house.database.app_url))
        house.database = moved
        assert house.one(OPEN) > 0, "it was in the middle"
        until(lambda: house.one(OPEN) == 0, 90, machines)
        assert all(process.poll() is None for machine in machines for process in machine.processes)
        nothing_twice_nothing_lost(house, platform, 1000)
    finally:
        for machine in machines:
            machine.stop()


def test_the_pages_database_is_found_among_several_hosts(pair: Pair, backstage: Backstage) -> None:
    from sqlalchemy import create_engine, text

    first, second = (Wire(backstage, path) for path in (f"{pair.folder}/.s.PGSQL.5432", _socket(pair.primary.app_url)))
    known = conninfo_to_dict(pair.primary.app_url)
    url = (
        f"postgresql://{known['user']}:{known['password']}@127.0.0.1:{first.port},127.0.0.1:{second.port}/qunfa"
        "?target_session_attrs=read-write"
    )
    engine = create_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_is_in_recovery()")) is False
    engine.dispose()


def _socket(url: str) -> str:
    return f"{conninfo_to_dict(url)['host']}/.s.PGSQL.5432"


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[tuple[str, Child]]:
    """A master, a replica and a sentinel that watches them: the product's address of them, and the master."""
    program, ports = valkey_program(None), [free_port() for _ in range(3)]
    plain = ["--requirepass", SECRET, "--masterauth", SECRET, "--save", "", "--bind", "127.0.0.1"]
    file = tmp_path / "sentinel.conf"
    file.write_text(
        f"port {ports[2]}\nbind 127.0.0.1\nsentinel monitor qunfa 127.0.0.1 {ports[0]} 1\nsentinel auth-pass qunfa {SECRET}\n"
        "sentinel down-after-milliseconds qunfa 1000\nsentinel failover-timeout qunfa 5000\n"
    )
    children = [
        spawn([program, "--port", str(ports[0]), *plain], log=tmp_path / "master.log", cwd=tmp_path),
        spawn(
            [program, "--port", str(ports[1]), *plain, "--replicaof", "127.0.0.1", str(ports[0])],
            log=tmp_path / "replica.log",
            cwd=tmp_path,
        ),
    ]
    children.append(spawn([program, file, "--sentinel"], log=tmp_path / "sentinel.log", cwd=tmp_path))
    url = f"sentinel://:{SECRET}@127.0.0.1:{ports[2]}/qunfa"
    try:
        assert wait_until(lambda: _replicas(url) == 1, children[2], 30), (tmp_path / "sentinel.log").read_text()[-2000:]
        yield url, children[0]
    finally:
        for child in children:
            kill(child)


def _replicas(url: str) -> int:
    try:
        known = connect(url).info("replication")
        port = int(url.rpartition(":")[2].partition("/")[0])
        with Redis(port=port) as watcher:
            seen = watcher.sentinel_slaves("qunfa")
        return sum("disconnected" not in str(one["flags"]) for one in seen) if known["connected_slaves"] else 0
    except RedisError:
        return 0


def test_tries_to_sign_in_are_counted_behind_sentinels_too(sentinel: tuple[str, Child]) -> None:
    address, options = limiter_storage(sentinel[0])
    assert storage_from_string(address, **options).check()


def test_a_worker_follows_redis_to_the_machine_that_the_sentinels_name(
    house: House, environment: dict[str, str], sentinel: tuple[str, Child], platform: TimedPlatform, tmp_path: Path
) -> None:
    url, master = sentinel
    account = house.account("one", kind="keyed", address=platform.address, rate=(60, 1.0, 8))
    dispatch = house.dispatch(house.campaign(), account, rows=600, repeat=("key", 3600))
    env = {**os.environ, **environment, "REDIS_URL": url, "QUNFA_HOME": str(tmp_path)}
    commands = ([sys.executable, str(WORKER)], [sys.executable, "-P", "-m", "saas.ops.work", "scheduler"])
    logs = [(tmp_path / f"{number}.log").open("wb") for number in range(2)]
    processes = [subprocess.Popen(c, cwd=ROOT, env=env, stdout=log, stderr=log) for c, log in zip(commands, logs, strict=True)]
    try:
        until(lambda: house.one(OPEN) < 500, 40, [], tmp_path)
        kill(master)
        until(lambda: house.one(OPEN) == 0, 60, [], tmp_path)
        assert all(process.poll() is None for process in processes)
        wake(connect(url), [house.tenant])
        assert connect(url).info("server")["tcp_port"] != master.args[2]  # type: ignore[index]
        assert house.one("SELECT delivered FROM dispatches WHERE id = %s", dispatch) == 600
        nothing_twice_nothing_lost(house, platform, 600)
    finally:
        for process, log in zip(processes, logs, strict=True):
            process.terminate()
            process.wait(20)
            log.close()
