"""Machines of a test: each a worker process with a home and lines of its own to both servers, which the test can cut and mend."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from aiohttp import web
from psycopg.conninfo import conninfo_to_dict

from tests.delivery.trial import TrialPlatform

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).parent / "programs" / "worker.py"
T = TypeVar("T")


class Backstage:
    """An event loop in a thread: the platform and the wires go on while the test waits."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the loop and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        """End the loop."""
        self.run(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _cancel(self) -> None:
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # a task that never began could not close what it was given
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # a transport that was aborted lets go of its socket in the loop's next turn


class Wire:
    """A TCP line to a server's socket."""

    def __init__(self, backstage: Backstage, server: str, address: str = "127.0.0.1") -> None:
        self._backstage, self._server, self.address = backstage, server, address
        self._ends: set[asyncio.StreamWriter] = set()
        self._cut = False
        self.port = backstage.run(self._listen())

    def cut(self) -> None:
        """Every connection ends, and no new one comes about."""
        self._cut = True
        self._backstage.loop.call_soon_threadsafe(self._abort)

    def mend(self) -> None:
        """New connections come about again."""
        self._cut = False

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._carry, self.address, 0)
        self._backstage.servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _abort(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        try:
            if self._cut:
                return
            with suppress(OSError):
                there, back = await asyncio.open_unix_connection(self._server)
                ends.add(back)
                self._ends |= ends
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except asyncio.CancelledError:
            for end in ends:
                end.transport.abort()
            raise
        finally:
            self._ends -= ends
            for end in ends:
                end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@dataclass
class TimedPlatform(TrialPlatform):
    """The platform, with the times at which calls reached it."""

    times: list[float] = field(default_factory=list)

    async def _send(self, request: web.Request) -> web.Response:
        self.times.append(time.monotonic())
        return await super()._send(request)

    def busiest(self, seconds: float) -> int:
        """The most calls in any stretch of so many seconds."""
        return max((sum(first <= other < first + seconds for other in self.times) for first in self.times), default=0)


def database_socket(url: str) -> str:
    """The socket behind the address of an embedded database."""
    return f"{conninfo_to_dict(url)['host']}/.s.PGSQL.5432"


def redis_socket(url: str) -> str:
    """The socket behind the address of an embedded Valkey."""
    return unquote(urlsplit(url).path)


class Machine:
    """A machine with its own home, its own lines, and processes on it."""

    def __init__(self, home: Path, backstage: Backstage, env: Mapping[str, str], address: str = "127.0.0.1") -> None:
        home.mkdir()
        self.home, self._within = home, list[str]()
        self.database = Wire(backstage, database_socket(env["DATABASE_URL"]), address)
        self.redis = Wire(backstage, redis_socket(env["REDIS_URL"]), address)
        known = conninfo_to_dict(env["DATABASE_URL"])
        password = urlsplit(env["REDIS_URL"]).password
        self.env = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"},
            "QUNFA_HOME": str(home),
            "QUNFA_SECRET_KEY": env["QUNFA_SECRET_KEY"],
            "QUNFA_ENCRYPTION_KEYS": env["QUNFA_ENCRYPTION_KEYS"],
            "DATABASE_URL": f"postgresql://{known['user']}:{known['password']}@{address}:{self.database.port}/{known['dbname']}",
            "REDIS_URL": f"redis://:{password}@{address}:{self.redis.port}/0",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def inside(self, *prefix: str) -> None:
        """Start processes through this command: into a network of their own."""
        self._within = list(prefix)

    def worker(self, hours: float = 0.0) -> subprocess.Popen[bytes]:
        """A worker, the machine's clock so many hours off."""
        process = self._start(sys.executable, str(WORKER), str(hours))
        self._workers.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[bytes]:
        """A scheduler."""
        return self._start(sys.executable, "-P", "-m", "saas.ops.work", "scheduler")

    def cut(self) -> None:
        """The machine is alone."""
        self.database.cut()
        self.redis.cut()

    def mend(self) -> None:
        """It is back."""
        self.database.mend()
        self.redis.mend()

    def stop(self) -> None:
        """End its processes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self.home / f"{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen([*self._within, *command], cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def said(self) -> str:
        """The ends of its logs, with where its workers stand, for a message."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGUSR1)
        time.sleep(1)
        return said(self.home)


def said(folder: Path) -> str:
    """The ends of the logs in a folder."""
    return "\n".join(f"{file.name}:\n{file.read_text(errors='replace')[-15_000:]}" for file in sorted(folder.glob("*.log")))


def until(
    true: Callable[[], bool], seconds: float, machines: list[Machine], logs: Path | None = None, told: Callable[[], object] = str
) -> None:
    """Wait for a condition; what the machines said, and what ``told`` gives, is the message when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "\n\n".join(
            [*(machine.said() for machine in machines), said(logs) if logs else "", f"{told()}"]
        )
        time.sleep(0.1)
