"""A running stack as others see it: its addresses, written to its home, found again by other commands."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from saas.ops.embedded.folder import write_private
from saas.ops.embedded.lock import is_held
from saas.ops.home import secrets_of

LOCK = "lock"
FILE = "stack.json"


@dataclass(frozen=True, slots=True)
class Running:
    """The addresses of a stack. ``owner_url`` is empty for those who found it: migrations belong to who started it."""

    home: str
    base_url: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    simulators: Mapping[str, str]
    pids: Mapping[str, int] = field(default_factory=dict)
    owner_url: str = field(repr=False, default="")

    def environment(self) -> dict[str, str]:
        """The settings of this stack, as environment variables: what its children and commands beside it read."""
        return {
            **secrets_of(Path(self.home)),
            "QUNFA_HOME": self.home,
            "QUNFA_BASE_URL": self.base_url,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "QUNFA_SIMULATORS": json.dumps(dict(self.simulators)),
        }

    def write(self) -> None:
        """Tell other commands of this home."""
        known = asdict(self) | {"pid": os.getpid()}
        del known["owner_url"]
        write_private(Path(self.home) / FILE, json.dumps(known, indent=1))


def find(home: Path, patience: float = 10.0) -> Running | None:
    """The stack that is alive in this home: its lock is held and its web server listens; else None.

    One that is just starting, or repairing itself, is waited for.
    """
    until = time.monotonic() + patience
    while is_held(home / LOCK):
        running = _read(home / FILE)
        if running and _listens(running.base_url):
            return running
        if time.monotonic() >= until:
            return None
        time.sleep(0.1)
    return None


def _read(file: Path) -> Running | None:
    try:
        known = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    del known["pid"]
    return Running(**known)


def _listens(address: str) -> bool:
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1):
            return True
    except OSError:
        return False
