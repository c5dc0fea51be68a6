"""Folders for servers, and a way to watch a process die."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from saas.ops.embedded import Postgres


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a space in its path, short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="q "))
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database was made once, to be copied."""
    folder = tmp_path_factory.mktemp("cluster") / "home"
    postgres = Postgres(folder, durable=False)
    postgres.start()
    postgres.stop()
    return folder


@pytest.fixture
def made_home(home: Path, cluster: Path) -> Path:
    """A home whose database need not be made first."""
    subprocess.run(["cp", "-a", cluster, home], check=True)
    shutil.rmtree(home / "logs")
    return home


@pytest.fixture
def run_parent() -> Iterator[Callable[[list[str]], subprocess.Popen[str]]]:
    """Start a command and wait for the line ``ready``; whatever is left of it is ended after the test."""
    parents: list[tuple[subprocess.Popen[str], list[psutil.Process]]] = []

    def run(command: list[str]) -> subprocess.Popen[str]:
        parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert parent.stdout and parent.stdout.readline().strip() == "ready"
        parents.append((parent, descendants(parent)))
        return parent

    yield run
    for parent, children in parents:
        parent.kill()
        parent.wait()
        for child in children:
            if alive(child):
                child.kill()
        if parent.stdout:
            parent.stdout.close()


@pytest.fixture
def left_after_kill() -> Callable[[subprocess.Popen[str]], list[psutil.Process]]:
    """Kill a parent as ``kill -9`` does; gives what is still alive of its descendants two seconds later."""

    def end(parent: subprocess.Popen[str]) -> list[psutil.Process]:
        children = descendants(parent)
        assert len(children) > 1
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        until = time.monotonic() + 2.0
        while time.monotonic() < until and any(alive(child) for child in children):
            time.sleep(0.05)
        return [child for child in children if alive(child)]

    return end


def descendants(parent: subprocess.Popen[str]) -> list[psutil.Process]:
    """Every process below one."""
    return psutil.Process(parent.pid).children(recursive=True)


def alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that nobody has collected yet does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS", "QUNFA_BASE_URL")


@pytest.fixture(autouse=True)
def no_servers_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process have put into the environment would be taken for servers of somebody else's."""
    for name in SERVERS:
        monkeypatch.delenv(name, raising=False)
