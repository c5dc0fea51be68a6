"""The stack of processes: it starts, is found, repairs itself, and ends as one."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from saas.ops.embedded import AlreadyRunning, CannotStart
from saas.ops.running import Running
from saas.ops.stack import Stack
from tests.ops.programs.stack import programs

SCRIPT = Path(__file__).parent / "programs" / "stack.py"
KillAndLook = Callable[[subprocess.Popen[str]], list[psutil.Process]]
RunParent = Callable[[list[str]], subprocess.Popen[str]]


def pages(address: str) -> list[str]:
    with urllib.request.urlopen(address, timeout=5) as answer:
        names: list[str] = json.load(answer)
    return names


def test_a_stack_starts_is_found_and_stops(made_home: Path) -> None:
    seen: list[Running] = []
    assert Stack.find(made_home) is None
    with Stack(made_home, prepare=seen.append, seed=seen.append, simulators=[], programs=programs()) as stack:
        found = Stack.find(made_home)
        assert found and found.base_url == stack.running.base_url
        assert found.environment() == stack.running.environment()
        assert set(found.pids) == {"postgres", "valkey", "web", "scheduler", "worker-1", "worker-2"}
        assert stat.S_IMODE((made_home / "stack.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((made_home / "secrets.json").stat().st_mode) == 0o600
    assert Stack.find(made_home) is None
    assert not any(psutil.pid_exists(pid) for pid in found.pids.values())
    assert [step.owner_url.startswith("postgresql://qunfa_owner:") for step in seen] == [True, True]


def test_children_read_their_settings_from_the_environment_and_never_the_owner_s_address(made_home: Path) -> None:
    with Stack(made_home, simulators=[], programs=programs()) as stack:
        names = pages(stack.running.base_url)
    assert "DATABASE_OWNER_URL" not in names
    for name in (
        "DATABASE_URL",
        "REDIS_URL",
        "QUNFA_HOME",
        "QUNFA_SECRET_KEY",
        "QUNFA_ENCRYPTION_KEYS",
        "QUNFA_SIMULATORS",
        "QUNFA_BASE_URL",
    ):
        assert name in names


def test_a_second_stack_on_the_same_home_is_refused_and_the_first_goes_on(made_home: Path) -> None:
    with Stack(made_home, simulators=[], programs=programs()) as stack:
        with pytest.raises(AlreadyRunning):
            Stack(made_home, simulators=[], programs=programs()).start()
        assert pages(stack.running.base_url)
        assert Stack.find(made_home)


def test_secrets_and_ports_stay_the_same_from_run_to_run(made_home: Path) -> None:
    runs = []
    for _ in range(2):
        with Stack(made_home, simulators=[], programs=programs()) as stack:
            runs.append(stack.running.environment())
    assert runs[0] == runs[1]


def test_a_port_somebody_else_took_meanwhile_is_replaced(made_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (made_home / "ports.json").write_text(json.dumps({"web": taken.getsockname()[1]}))
        with Stack(made_home, simulators=[], programs=programs()) as stack:
            assert stack.running.base_url != f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_what_dies_is_started_again_servers_too(made_home: Path) -> None:
    with Stack(made_home, simulators=[], programs=programs()) as stack:
        before = stack.running.pids
        for name in ("worker-1", "web", "postgres", "valkey"):
            os.kill(before[name], signal.SIGKILL)
        until = time.monotonic() + 20
        while time.monotonic() < until and not _all_again(stack, before):
            stack.tend()
            time.sleep(0.05)
        assert _all_again(stack, before)
        log = (made_home / "logs" / "stack.log").read_text()
        assert f"worker-1, process {before['worker-1']}, was ended by SIGKILL" in log
        assert f"worker-1 started again as process {stack.pid_of('worker-1')}; before it was {before['worker-1']}" in log
        stack.tend()
        told = json.loads((made_home / "stack.json").read_text())["pids"]
        assert told == {name: stack.pid_of(name) for name in before}


def _all_again(stack: Stack, before: dict[str, int]) -> bool:
    try:
        with psycopg.connect(stack.running.database_url):
            return bool(pages(stack.running.base_url)) and all(
                psutil.pid_exists(kept.child.pid) and kept.child.poll() is None for kept in stack._all()
            )
    except (OSError, psycopg.OperationalError):
        return False


def test_check_48_nothing_is_left_two_seconds_after_kill_nine_and_the_next_start_works(
    made_home: Path, run_parent: RunParent, left_after_kill: KillAndLook
) -> None:
    parent = run_parent([sys.executable, str(SCRIPT), str(made_home)])
    assert len(psutil.Process(parent.pid).children(recursive=True)) > 10, "servers, web workers and forked workers are watched"
    assert left_after_kill(parent) == []
    assert Stack.find(made_home) is None
    with Stack(made_home, simulators=[], programs=programs()) as stack:
        assert pages(stack.running.base_url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_check_48_a_signal_stops_everything_in_order(number: signal.Signals, made_home: Path, run_parent: RunParent) -> None:
    parent = run_parent([sys.executable, str(SCRIPT), str(made_home)])
    children = psutil.Process(parent.pid).children(recursive=True)
    parent.send_signal(number)
    assert parent.wait(20) == 0
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert "database system is shut down" in (made_home / "logs" / "postgres.log").read_text()


def test_a_failing_preparation_leaves_nothing_behind(made_home: Path) -> None:
    def prepare(running: Running) -> None:
        raise ValueError("no")

    others = {child.pid for child in psutil.Process().children(recursive=True)}  # the servers of other tests, and what they fork
    stack = Stack(made_home, prepare=prepare, simulators=[], programs=programs())
    with pytest.raises(ValueError, match="no"):
        stack.start()
    left = psutil.Process().children(recursive=True)
    assert [child for child in left if not {child.pid, child.ppid()} & others] == []
    with Stack(made_home, simulators=[], programs=programs()):
        assert Stack.find(made_home)


def test_pages_that_cannot_start_are_told_with_the_end_of_their_log(made_home: Path) -> None:
    failing = programs()
    web = (sys.executable, str(SCRIPT.parent / "failing.py"))
    with pytest.raises(CannotStart, match="the reason is written here"):
        Stack(made_home, simulators=[], programs=type(failing)(web, failing.scheduler, failing.worker)).start()


def test_a_worker_that_cannot_start_is_tried_again_ever_more_rarely(made_home: Path) -> None:
    with Stack(made_home, simulators=[], workers=1, programs=programs("failing")) as stack:
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            stack.tend()
            time.sleep(0.05)
    log = (made_home / "logs" / "stack.log").read_text()
    assert "starts again in 0.5 s" in log
    assert "starts again in 1 s" in log


def test_named_servers_are_used_and_none_is_started(made_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Stack(made_home, simulators=[], programs=programs()) as first:
        monkeypatch.setenv("DATABASE_URL", first.running.database_url)
        monkeypatch.setenv("DATABASE_OWNER_URL", first.running.owner_url)
        monkeypatch.setenv("REDIS_URL", first.running.redis_url)
        with Stack(made_home / "b", simulators=[], programs=programs()) as second:
            assert second.running.database_url == first.running.database_url
            assert not {"postgres", "valkey"} & set(second.running.pids)
            assert not (made_home / "b" / "postgres").exists()


def test_a_named_database_without_its_owner_is_refused_by_name(made_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/qunfa")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    with pytest.raises(CannotStart, match="DATABASE_OWNER_URL"):
        Stack(made_home, simulators=[], programs=programs()).start()
