"""The stack of processes behind ``demo`` and ``send``: servers, simulators, web, workers, scheduler; one lives, all live.

::

    with Stack(home(), prepare=migrate, seed=seed_demo) as stack:
        print(stack.running.base_url)
        stack.tend_until_stopped()

Everything is started from the main thread and ends with this process, however it ends.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import urlsplit

from saas.ops import gate
from saas.ops.embedded import CannotStart
from saas.ops.embedded.lock import FolderLock
from saas.ops.embedded.process import kill, log_file, spawn, tail, wait_until
from saas.ops.forked import PYTHON, Forks
from saas.ops.home import Ports, channels_with_simulators
from saas.ops.kept import Kept
from saas.ops.running import FILE, LOCK, Running, find
from saas.ops.servers import Servers

PATIENCE = 30.0
GRACE = 8.0
GATE = "ready"
Step = Callable[[Running], None]


@dataclass(frozen=True, slots=True)
class Programs:
    """The commands of the children; a port, a name or a folder is added where one is needed."""

    web: Sequence[str] = (*PYTHON, "gunicorn", "-c", "python:saas.ops.web_server")
    scheduler: Sequence[str] = (*PYTHON, "saas.ops.work", "scheduler")
    worker: Sequence[str] = (*PYTHON, "saas.ops.work", "worker")
    simulator: Sequence[str] = (*PYTHON, "saas.channels.simulator")


PROGRAMS = Programs()


class Stack:
    """All processes of one home. ``start``, ``tend`` while it runs, ``stop``; or a ``with`` block."""

    def __init__(
        self,
        home: Path,
        *,
        prepare: Step | None = None,
        seed: Step | None = None,
        simulators: Sequence[str] | None = None,
        workers: int = 2,
        rate: float = 1.0,
        programs: Programs = PROGRAMS,
        warm: Sequence[str] = (),
    ) -> None:
        """``prepare`` (migrations) runs once the servers answer, ``seed`` once the simulators do.

        ``warm``: modules that ``prepare`` and ``seed`` need, imported while the servers start.
        ``simulators``: channel names, by default every installed channel that has one; ``rate``: how fast their clock runs.
        """
        self.home = home.absolute()
        self._prepare, self._seed = prepare, seed
        self._names, self._workers, self._rate = simulators, workers, rate
        self._programs, self._warm = programs, warm
        self._lock = FolderLock(self.home / LOCK)
        self._forks: Forks | None = None
        self._servers: Servers | None = None
        self._server_children: list[Kept] = []
        self._simulators: list[Kept] = []
        self._services: list[Kept] = []
        self._running: Running | None = None

    find = staticmethod(find)

    @property
    def running(self) -> Running:
        """The addresses, once started."""
        if self._running is None:
            raise RuntimeError("the stack is not running")
        return self._running

    def start(self) -> Running:
        """Start everything and wait until pages answer. Raises AlreadyRunning, CannotStart; then nothing is left behind."""
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.take()
        except OSError as error:
            raise CannotStart(f"数据目录 {self.home} 无法写入：{error.strerror}", f"{self.home}: {error.strerror}") from error
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def tend(self) -> None:
        """One look at every child: what ended is started again, after a pause that grows. Never blocks for long."""
        now = time.monotonic()
        for kept in self._all():
            kept.tend(now)
        self._tell_processes()

    def _tell_processes(self) -> None:
        """Keep what others read true; a disk that is full is tried again at the next look."""
        pids = {kept.name: kept.pid for kept in self._all() if kept.pid}
        if self._running and pids != self._running.pids:
            known = replace(self._running, pids=pids)
            with contextlib.suppress(OSError):
                known.write()
                self._running = known

    def tend_until_stopped(self) -> None:
        """Tend until Ctrl-C or SIGTERM."""
        try:
            while True:
                self.tend()
                time.sleep(0.2)
        except KeyboardInterrupt:
            return

    def stop(self) -> None:
        """End everything in order: what sends, then what is sent to, then what stores."""
        (self.home / FILE).unlink(missing_ok=True)
        _end(self._services, GRACE)
        _end(self._simulators, GRACE / 4)
        if self._forks:
            self._forks.close()
        if self._servers:
            self._servers.stop()
        self._services, self._simulators, self._server_children, self._servers = [], [], [], None
        self._running, self._forks = None, None
        self._lock.leave()

    def __enter__(self) -> Self:
        """Start; from now on SIGTERM and SIGHUP end the block as Ctrl-C does."""
        self._signals = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            self.start()
        except BaseException:
            self._restore_signals()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop in order."""
        self.stop()
        self._restore_signals()

    def _restore_signals(self) -> None:
        for number, handler in self._signals.items():
            signal.signal(number, handler)

    def _start(self) -> Running:
        (self.home / FILE).unlink(missing_ok=True)
        (self.home / GATE).unlink(missing_ok=True)
        if self._programs == PROGRAMS:
            self._forks = Forks(log_file(self.home / "logs", "forks"), self.home)
        for module in self._warm:
            threading.Thread(target=import_module, args=(module,), daemon=True).start()
        self._servers = Servers(self.home, os.environ)
        self._servers.begin()
        ports = Ports(self.home)
        base_url = _local(ports.take("web"))
        addresses = {name: _local(ports.take(f"simulator {name}")) for name in self._simulator_names()}
        self._simulators = [self._simulator(name, address, base_url) for name, address in addresses.items()]
        self._servers.start()
        running = Running(
            home=str(self.home),
            base_url=base_url,
            database_url=self._servers.database_url,
            redis_url=self._servers.redis_url,
            simulators=addresses,
            owner_url=self._servers.owner_url,
        )
        self._start_services(running)
        if self._prepare:
            self._prepare(running)
        (self.home / GATE).touch()
        for kept, address in zip(self._simulators, addresses.values(), strict=True):
            self._await_simulator(kept, address)
        if self._seed:
            self._seed(running)
        self._await_web(running)
        self._server_children = self._servers.kept(self._say)
        self._running = replace(running, pids={kept.name: kept.child.pid for kept in self._all()})
        self._running.write()
        return self._running

    def _simulator_names(self) -> Sequence[str]:
        if self._names is not None:
            return self._names
        return channels_with_simulators(self.home / "channels.json")

    def _simulator(self, name: str, address: str, callbacks: str) -> Kept:
        data = self.home / "simulators" / name
        data.mkdir(parents=True, exist_ok=True)
        where = ("--data", data, "--port", str(urlsplit(address).port), "--callbacks", callbacks, "--rate", str(self._rate))
        return self._keep(f"simulator-{name}", [*self._programs.simulator, name, *where], {})

    def _start_services(self, running: Running) -> None:
        env = {**running.environment(), gate.VARIABLE: str(self.home / GATE)}
        port = str(urlsplit(running.base_url).port)
        web = [*self._programs.web, "-b", f"127.0.0.1:{port}"]
        self._services = [self._keep("web", web, env), self._keep("scheduler", self._programs.scheduler, env)]
        self._services += [self._keep(f"worker-{n}", self._programs.worker, env) for n in range(1, self._workers + 1)]

    def _keep(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> Kept:
        log = log_file(self.home / "logs", name)
        inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_OWNER_URL"}
        start = self._forks.start if self._forks else spawn
        return Kept(name, lambda: start(command, log=log, cwd=self.home, env={**inherited, **env}), self._say)

    def _await_simulator(self, kept: Kept, address: str) -> None:
        if not wait_until(lambda: _answers(address, "/_control/faults"), kept.child, PATIENCE):
            raise self._silent(kept)

    def _await_web(self, running: Running) -> None:
        web = self._services[0]
        if not wait_until(lambda: _answers(running.base_url, "/healthz"), web.child, PATIENCE):
            raise self._silent(web)

    def _silent(self, kept: Kept) -> CannotStart:
        log = self.home / "logs" / f"{kept.name}.log"
        return CannotStart(
            f"{kept.name} 没有启动，日志 {log}：\n{tail(log)}", f"{kept.name} did not start, see {log}:\n{tail(log)}"
        )

    def pid_of(self, name: str) -> int:
        """The process of a child (postgres, valkey, web, scheduler, worker-1 …) as it is now."""
        return next(kept.child.pid for kept in self._all() if kept.name == name)

    def _all(self) -> list[Kept]:
        return [*self._server_children, *self._simulators, *self._services]

    def _say(self, text: str) -> None:
        with log_file(self.home / "logs", "stack").open("a") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")


def _end(children: Sequence[Kept], grace: float) -> None:
    for kept in children:
        if kept.child.poll() is None:
            kept.child.send_signal(signal.SIGTERM)
    until = time.monotonic() + grace
    while time.monotonic() < until and any(kept.child.poll() is None for kept in children):
        time.sleep(0.02)
    for kept in children:
        kill(kept.child)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _answers(address: str, path: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
