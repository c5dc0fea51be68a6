"""The folder of one embedded server: its lock, its data, its passwords, and a socket path short enough to use."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from saas.ops.embedded.account import Account, own
from saas.ops.embedded.lock import FolderLock

SOCKET_LIMIT = 100
HANDOVER = 15.0


class ServerFolder:
    """``HOME/<name>``: lock files and passwords are ours, ``data`` belongs to the account the server runs under."""

    def __init__(self, home: Path, name: str) -> None:
        self.path = home.absolute() / name
        self.data = self.path / "data"
        self.logs = home.absolute() / "logs"
        self._ours = FolderLock(self.path / "lock")
        self._servers = FolderLock(self.path / "server.lock")

    def open(self) -> None:
        """Make the folder and lock it against a second start. Raises AlreadyRunning."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.mkdir(exist_ok=True)
        self.path.chmod(0o711)
        self._ours.take()

    def close(self) -> None:
        """Let others start here."""
        self._servers.leave()
        self._ours.leave()

    def take_over(self) -> int:
        """Wait for a dying server of an earlier run; gives the descriptor the new one must inherit. Raises AlreadyRunning."""
        self._servers.take(HANDOVER)
        return self._servers.fd

    def handed_over(self) -> None:
        """The server holds its lock itself now."""
        self._servers.leave()

    def make_data(self, name: str, account: Account | None) -> Path:
        """A new empty folder for data."""
        folder = self.path / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        own(folder, account)
        return folder

    def passwords(self, names: Sequence[str]) -> dict[str, str]:
        """The generated passwords, made once and readable by us alone."""
        file = self.path / "passwords.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        missing = {name: secrets.token_urlsafe(24) for name in names if name not in known}
        if missing:
            known |= missing
            write_private(file, json.dumps(known))
        return known

    def place_socket(self, name: str, account: Account | None) -> Path:
        """The folder for the socket ``name``: ``data``, or where that path is too long a private temporary one."""
        self.drop_socket()
        if len(os.fsencode(self.data / name)) <= SOCKET_LIMIT:
            return self.data
        short = Path(tempfile.mkdtemp(prefix="qunfa-", dir=_short_temporary()))
        own(short, account)
        write_private(self.path / "socket", str(short))
        return short

    def socket_folder(self) -> Path:
        """Where the socket of the running server is."""
        pointer = self.path / "socket"
        return Path(pointer.read_text()) if pointer.exists() else self.data

    def drop_socket(self) -> None:
        """Remove the private socket folder of an earlier run."""
        pointer = self.path / "socket"
        if pointer.exists():
            shutil.rmtree(pointer.read_text(), ignore_errors=True)
            pointer.unlink()


def write_private(file: Path, text: str) -> None:
    """Write a file only we can read, whole or not at all."""
    part = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


def _short_temporary() -> str:
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= SOCKET_LIMIT - 40 else "/tmp"  # noqa: S108 (mkdtemp makes a private folder in it)
