"""A process that ends our children when we die, for systems that cannot bind a child to its parent (macOS).

It blocks on a pipe that only we hold open: its end is the sign of our death.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import ClassVar


class Watchdog:
    """The watching process of this one."""

    _running: ClassVar[dict[int, Watchdog]] = {}

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__], stdin=subprocess.PIPE, start_new_session=True, text=True, bufsize=1
        )

    @classmethod
    def ours(cls) -> Watchdog:
        """The one of this process, started when first asked for."""
        if os.getpid() not in cls._running:
            cls._running[os.getpid()] = cls()
        return cls._running[os.getpid()]

    def watch(self, pid: int, death: signal.Signals) -> None:
        """From now on ``pid`` gets ``death`` when we die, and its session is killed if it lingers."""
        self._tell(f"{pid} {int(death)}")

    def forget(self, pid: int) -> None:
        """``pid`` has ended; its number may soon belong to a stranger."""
        self._tell(f"{pid} 0")

    def close(self) -> None:
        """End the watching; what is still watched gets its signal."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        self._running.pop(os.getpid(), None)

    def _tell(self, line: str) -> None:
        if self._process.stdin:
            self._process.stdin.write(line + "\n")


def main() -> None:
    """Read ``pid signal`` lines until the pipe closes, then deliver the signals."""
    import contextlib
    import time

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watched: dict[int, int] = {}
    for line in sys.stdin:
        pid, death = map(int, line.split())
        watched.pop(pid, None)
        if death:
            watched[pid] = death
    for pid, death in watched.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, death)
    time.sleep(1.0)
    for pid in watched:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
