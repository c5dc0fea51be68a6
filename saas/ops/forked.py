"""Services forked from one process that has imported the product already: a start, and a restart, without seconds of imports.

::

    forks = Forks(log_file(home / "logs", "forks"), cwd=home)     # begins to import; blocks nobody
    child = forks.start([*PYTHON, "saas.ops.work", "worker"], log=…, cwd=home, env=…)
    child.poll(), child.pid, child.send_signal(signal.SIGTERM)     # as of any other child
    forks.close()                                                  # ends what is left

A command that is none of the prepared modules, a system that cannot bind a child to its parent, or a forking process that is
no more: then the command is started as a process of its own, and nothing else is different.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from saas.ops.embedded.process import Child, kill, spawn
from saas.ops.forks import MODULES

PYTHON = (sys.executable, "-P", "-m")
KILLED = -signal.SIGKILL
PATIENCE = 60.0


class Forked:
    """A child of the forking process; looks like a ``Popen`` to who keeps it."""

    def __init__(self, forks: Forks, id: int, command: Sequence[str]) -> None:
        self._forks, self._id, self.args = forks, id, command
        self.known_pid = 0
        self.returncode: int | None = None

    @property
    def pid(self) -> int:
        """Its process id; waits until it is made. ProcessLookupError when it never was."""
        until = time.monotonic() + PATIENCE
        while not self.known_pid and self.returncode is None and time.monotonic() < until:
            self._forks.listen(0.1)
        if not self.known_pid:
            raise ProcessLookupError(f"{' '.join(self.args)} was not started")
        return self.known_pid

    def poll(self) -> int | None:
        """Its exit status, None while it lives."""
        if self.returncode is None:
            self._forks.listen(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. TimeoutExpired."""
        until = time.monotonic() + timeout if timeout is not None else None
        while self.returncode is None:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0.0)
            self._forks.listen(0.05)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            self._forks.tell({"id": self._id, "signal": int(number)})


class Forks:
    """The forking process and its children. For one thread: who starts children also asks after them."""

    def __init__(self, log: Path, cwd: Path) -> None:
        self._children: dict[int, Forked] = {}
        self._ids = itertools.count(1)
        self._unread = b""
        self._process = _forking(log, cwd) if sys.platform == "linux" else None

    @property
    def alive(self) -> bool:
        """Whether it takes orders."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The forking process; 0 where there is none."""
        return self._process.pid if self._process else 0

    def start(self, command: Sequence[str | Path], *, log: Path, cwd: Path, env: Mapping[str, str]) -> Child:
        """Start ``python -m MODULE …``: forked if it can be, else as any other process."""
        words = [str(part) for part in command]
        if not (self.alive and tuple(words[:3]) == PYTHON and words[3:4] and words[3] in MODULES):
            return spawn(command, log=log, cwd=cwd, env=env)
        child = Forked(self, next(self._ids), words)
        self._children[child._id] = child
        order = {"module": words[3], "words": words[4:], "log": str(log), "cwd": str(cwd), "env": dict(env)}
        self.tell({"id": child._id, **order})
        return child

    def close(self) -> None:
        """End it and all that is left of its children."""
        if self._process is None:
            return
        kill(self._process)
        self._lose()
        for line in (self._process.stdin, self._process.stdout):
            if line:
                line.close()
        self._process = None

    def tell(self, order: Mapping[str, object]) -> None:
        """Give an order; one that cannot be given any more finds its children dead."""
        if self._process and self._process.stdin:
            try:
                self._process.stdin.write(json.dumps(order).encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                self._lose()

    def listen(self, patience: float) -> None:
        """Hear what became of children, waiting at most so many seconds for a word."""
        if self._process is None or self._process.stdout is None:
            return
        if not select.select([self._process.stdout], [], [], patience)[0]:
            return
        read = os.read(self._process.stdout.fileno(), 65536)
        *lines, self._unread = (self._unread + read).split(b"\n")
        for line in lines:
            self._hear(json.loads(line))
        if not read:
            self._lose()

    def _hear(self, told: Mapping[str, int]) -> None:
        child = self._children[told["id"]]
        child.known_pid = told.get("pid", child.known_pid)
        if "ended" in told:
            child.returncode = told["ended"]
            del self._children[told["id"]]

    def _lose(self) -> None:
        """It is no more, and its children died with it."""
        for child in self._children.values():
            child.returncode = KILLED
        self._children.clear()
        if self._process:
            self._process.poll()


def _forking(log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    return spawn([*PYTHON, "saas.ops.forks"], log=log, cwd=cwd, env=_harmless(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _harmless() -> dict[str, str]:
    """An environment without settings: each child gets its own with the order."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_"))}
