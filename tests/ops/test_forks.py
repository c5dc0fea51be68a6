"""Services that are forked live like processes of their own: log, session, signals, exit status; and die with who made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from saas.ops.embedded.process import Child, kill, log_file
from saas.ops.forked import PYTHON, Forked, Forks
from saas.ops.kept import Kept

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere no child can be bound to its parent: nothing is forked"
)
SIMULATOR = (*PYTHON, "saas.channels.simulator", "qq_group")


@pytest.fixture
def forks(tmp_path: Path) -> Iterator[Forks]:
    """A forking process."""
    forks = Forks(log_file(tmp_path / "logs", "forks"), tmp_path)
    yield forks
    forks.close()


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def simulator(forks: Forks, folder: Path, name: str = "one", *more: str) -> Child:
    log = log_file(folder / "logs", name)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return forks.start([*SIMULATOR, "--data", str(folder / name), *more], log=log, cwd=folder, env=env)


def said(folder: Path, name: str = "one") -> str:
    return (folder / "logs" / f"{name}.log").read_text()


def test_a_forked_service_has_its_log_its_session_and_its_orderly_end(forks: Forks, tmp_path: Path) -> None:
    child = simulator(forks, tmp_path)
    eventually(lambda: "address" in said(tmp_path))
    assert isinstance(child, Forked)
    assert os.getsid(child.pid) == child.pid
    assert Path(f"/proc/{child.pid}/comm").read_text() == "qf-one\n"
    assert psutil.Process(child.pid).ppid() == forks.pid
    assert psutil.Process(child.pid).cwd() == str(tmp_path)
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process(child.pid)


def test_exit_statuses_and_kills_are_told_as_of_any_process(forks: Forks, tmp_path: Path) -> None:
    refused = forks.start(
        [*PYTHON, "saas.channels.simulator", "nobody", "--data", str(tmp_path)],
        log=log_file(tmp_path / "logs", "refused"),
        cwd=tmp_path,
        env=dict(os.environ),
    )
    assert refused.wait(30) == 2
    assert "no channel 'nobody'" in said(tmp_path, "refused")
    child = simulator(forks, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    kill(child)
    assert child.poll() == -signal.SIGKILL


def test_a_service_that_was_killed_is_forked_again_at_once(forks: Forks, tmp_path: Path) -> None:
    words: list[str] = []
    kept = Kept("simulator", lambda: simulator(forks, tmp_path), words.append)
    first = kept.child.pid
    os.kill(first, signal.SIGKILL)
    eventually(lambda: kept.child.poll() is not None)
    kept.tend(time.monotonic())
    assert kept.pid == 0
    kept.tend(time.monotonic() + 1)
    assert kept.child.pid != first
    assert psutil.Process(kept.child.pid).ppid() == forks.pid
    assert words[0] == f"simulator, process {first}, was ended by SIGKILL; it starts again in 0.5 s"
    assert words[-1] == f"simulator started again as process {kept.pid}; before it was {first}"


def test_when_the_forking_process_dies_its_children_die_and_others_are_started_without_it(forks: Forks, tmp_path: Path) -> None:
    child = simulator(forks, tmp_path)
    pid = child.pid
    os.kill(forks.pid, signal.SIGKILL)
    eventually(lambda: child.poll() == -signal.SIGKILL)
    eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    again = simulator(forks, tmp_path, "two")
    try:
        assert isinstance(again, subprocess.Popen)
        eventually(lambda: "address" in said(tmp_path, "two"))
    finally:
        kill(again)


def test_closing_leaves_no_child_behind(tmp_path: Path) -> None:
    forks = Forks(log_file(tmp_path / "logs", "forks"), tmp_path)
    pids = [simulator(forks, tmp_path, name).pid for name in ("one", "two")]
    forks.close()
    eventually(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids))


def test_another_command_is_a_process_of_its_own(forks: Forks, tmp_path: Path) -> None:
    log = log_file(tmp_path / "logs", "own")
    child = forks.start([sys.executable, "-c", "print('own')"], log=log, cwd=tmp_path, env=dict(os.environ))
    assert child.wait(20) == 0
    assert isinstance(child, subprocess.Popen)
    assert said(tmp_path, "own") == "own\n"
