"""PostgreSQL and Valkey as children: they start, stop, recover, and refuse what they must."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from saas.ops.embedded import AlreadyRunning, CannotStart, Postgres, Valkey, ephemeral
from saas.ops.embedded.folder import SOCKET_LIMIT

PARENT = """
import time
from pathlib import Path
from saas.ops.embedded import ephemeral
servers = ephemeral(Path({home!r}))
print("ready", flush=True)
time.sleep(60)
"""
KillAndLook = Callable[[subprocess.Popen[str]], list[psutil.Process]]
RunParent = Callable[[list[str]], subprocess.Popen[str]]


@pytest.fixture
def servers(home: Path) -> Iterator[tuple[Postgres, Valkey]]:
    postgres, valkey = ephemeral(home)
    yield postgres, valkey
    valkey.stop()
    postgres.stop()


def test_both_servers_answer_through_their_addresses(servers: tuple[Postgres, Valkey]) -> None:
    postgres, valkey = servers
    with psycopg.connect(postgres.app_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("qunfa_app",)
    with redis.Redis.from_url(valkey.url) as client:
        assert client.ping()


def test_check_17_the_application_role_owns_nothing_and_cannot_create(servers: tuple[Postgres, Valkey]) -> None:
    with psycopg.connect(servers[0].app_url, autocommit=True) as connection:
        query = "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(query).fetchone() == (False, False, False, False)
        for statement in ("CREATE TABLE t (id int)", "CREATE TEMP TABLE t (id int)", "CREATE SCHEMA s", "SET ROLE qunfa_owner"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_owner_hands_a_function_over_to_the_system_role(servers: tuple[Postgres, Valkey]) -> None:
    with psycopg.connect(servers[0].owner_url, autocommit=True) as connection:
        connection.execute("CREATE FUNCTION who() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text'")
        connection.execute("ALTER FUNCTION who() OWNER TO qunfa_system")
        connection.execute("CREATE OR REPLACE FUNCTION who() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user'")
    with psycopg.connect(servers[0].app_url) as connection:
        assert connection.execute("SELECT who()").fetchone() == ("qunfa_system",)


def test_check_49_the_queue_answers_nobody_without_its_password(servers: tuple[Postgres, Valkey], home: Path) -> None:
    path = home / "valkey" / "data" / "valkey.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    with redis.Redis(unix_socket_path=str(path)) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with redis.Redis.from_url(servers[1].url) as client:
        assert str(client.config_get("port")).replace("b", "") == str({"port": "0"})


def test_a_database_made_from_a_template_has_its_tables_and_our_roles(servers: tuple[Postgres, Valkey]) -> None:
    postgres = servers[0]
    first = postgres.create_database("first")
    with psycopg.connect(first.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("GRANT SELECT ON kept TO qunfa_app")
    second = postgres.create_database("second", template="first")
    with psycopg.connect(second.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    postgres.drop_database("second")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(second.app_url)


def test_another_process_attaches_by_the_home_alone(servers: tuple[Postgres, Valkey], home: Path) -> None:
    assert Postgres.attach(home).app_url == servers[0].app_url
    assert Valkey.attach(home).url == servers[1].url
    assert Postgres.attach(home).create_database("other").name == "other"


def test_a_second_start_on_the_same_home_is_refused(servers: tuple[Postgres, Valkey], home: Path) -> None:
    for second in (Postgres(home), Valkey(home)):
        with pytest.raises(AlreadyRunning, match="in use by another process"):
            second.start()
    with psycopg.connect(servers[0].app_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_sockets_passwords_and_data_are_closed_to_others(servers: tuple[Postgres, Valkey], home: Path) -> None:
    for name in ("postgres", "valkey"):
        assert stat.S_IMODE((home / name / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE((home / name / "passwords.json").stat().st_mode) == 0o600
    assert not (home / "postgres" / "initial").exists()


def test_neither_server_runs_as_root_nor_shows_a_password(servers: tuple[Postgres, Valkey], home: Path) -> None:
    secrets = [
        word for name in ("postgres", "valkey") for word in json.loads((home / name / "passwords.json").read_text()).values()
    ]
    for server in servers:
        assert server.child
        process = psutil.Process(server.child.pid)
        assert process.uids().effective != 0
        assert not any(secret in " ".join(process.cmdline()) for secret in secrets)


def test_data_survive_a_stop_and_a_start(home: Path) -> None:
    for run in range(2):
        postgres, valkey = Postgres(home), Valkey(home)
        postgres.start()
        valkey.start()
        with psycopg.connect(postgres.owner_url, autocommit=True) as connection, redis.Redis.from_url(valkey.url) as client:
            connection.execute("CREATE TABLE IF NOT EXISTS runs (run int)")
            connection.execute("INSERT INTO runs VALUES (%s)", [run])
            assert connection.execute("SELECT count(*) FROM runs").fetchone() == (run + 1,)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert client.incr("runs") == run + 1
        valkey.stop()
        postgres.stop()


def test_committed_rows_survive_kill_nine_of_both_servers(home: Path) -> None:
    postgres, valkey = Postgres(home), Valkey(home)
    postgres.start()
    valkey.start()
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS id")
    for server in (postgres, valkey):
        assert server.child
        server.child.kill()
        server.child.wait()
        server.revive()
    with psycopg.connect(postgres.app_url) as connection:
        assert connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)
    with redis.Redis.from_url(valkey.url) as client:
        assert client.ping()
    valkey.stop()
    postgres.stop()


def test_check_48_nothing_is_left_after_kill_nine_of_the_parent_and_the_next_start_works(
    home: Path, run_parent: RunParent, left_after_kill: KillAndLook
) -> None:
    assert left_after_kill(run_parent([sys.executable, "-c", PARENT.format(home=str(home))])) == []
    postgres, valkey = ephemeral(home)
    with psycopg.connect(postgres.app_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    valkey.stop()
    postgres.stop()


def test_a_start_right_after_the_death_of_the_parent_waits_for_the_dying_server(home: Path, run_parent: RunParent) -> None:
    parent = run_parent([sys.executable, "-c", PARENT.format(home=str(home))])
    parent.kill()
    postgres, valkey = ephemeral(home)
    with psycopg.connect(postgres.app_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    valkey.stop()
    postgres.stop()


def test_a_stale_pid_file_that_names_a_stranger_leaves_the_stranger_alone(home: Path) -> None:
    postgres = Postgres(home, durable=False)
    postgres.start()
    data = home / "postgres" / "data"
    lines = (data / "postmaster.pid").read_text().splitlines()
    postgres.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        (data / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        postgres.start()
        with psycopg.connect(postgres.app_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        postgres.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_broken_off_creation_is_begun_again(home: Path) -> None:
    half = home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    postgres = Postgres(home, durable=False)
    postgres.start()
    postgres.stop()
    assert not half.exists()


def test_a_long_path_gets_a_short_socket_that_is_removed_again(home: Path) -> None:
    deep = home / ("deep" * 15) / ("down" * 10)
    postgres, valkey = ephemeral(deep)
    sockets = [Path(server._folder.socket_folder()) for server in (postgres, valkey)]
    for folder in sockets:
        assert len(os.fsencode(folder)) < SOCKET_LIMIT
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with psycopg.connect(postgres.app_url) as connection, redis.Redis.from_url(valkey.url) as client:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert client.ping()
    valkey.stop()
    postgres.stop()
    assert not any(folder.exists() for folder in sockets)


def test_data_of_another_major_version_are_refused_untouched(home: Path) -> None:
    postgres = Postgres(home, durable=False)
    postgres.start()
    postgres.stop()
    (home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 17"):
        postgres.start()
    assert (home / "postgres" / "data" / "base").is_dir()


def test_an_append_only_file_of_a_newer_valkey_is_refused(home: Path) -> None:
    (home / "valkey").mkdir(parents=True)
    (home / "valkey" / "version").write_text("99\n")
    with pytest.raises(CannotStart, match="newer Valkey 99"):
        Valkey(home).start()


def test_a_server_that_cannot_start_says_where_its_log_is(home: Path) -> None:
    valkey = Valkey(home)
    (home / "valkey" / "data").mkdir(parents=True)
    (home / "valkey" / "data" / "appendonlydir").write_text("not a folder")
    with pytest.raises(CannotStart, match=r"valkey\.log"):
        valkey.start()


def test_an_interrupt_at_the_terminal_does_not_reach_the_servers(servers: tuple[Postgres, Valkey]) -> None:
    for server in servers:
        assert server.child
        assert os.getpgid(server.child.pid) == server.child.pid != os.getpgid(0)
