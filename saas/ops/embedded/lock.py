"""Locks on folders that end with the processes holding them, however those end."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from saas.ops.embedded.errors import AlreadyRunning

# A killed owner takes a moment to be gone.
MOMENT = 0.5


class FolderLock:
    """An exclusive lock on a file. Children given ``fd`` share it: it is free when the last of them is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = -1

    def take(self, patience: float = MOMENT) -> None:
        """Lock, waiting at most ``patience`` seconds. Raises AlreadyRunning."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + patience
        while not _locked(fd):
            if time.monotonic() >= until:
                os.close(fd)
                raise AlreadyRunning(self.path.parent)
            time.sleep(0.02)
        self.fd = fd

    def leave(self) -> None:
        """Let go of our handle; the lock stays as long as a child holds one."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def is_held(path: Path) -> bool:
    """Whether some process holds the lock on ``path``."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(fd)
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
