"""A guard over a worker's loop: a hook that holds it, or eats the machine's memory, harms its own send and no other.

A thread looks at the loop. Where the loop stands still in a channel's own code, that code is interrupted by an exception, which
the engine takes like any other bug of a channel: the delivery is unknown, the worker goes on. What cannot be interrupted (a
sleep, a call into C) ends the process; the stack starts another, and what kills workers is set aside after three times.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import structlog

BEAT = 0.25
HELD_EXIT, MEMORY_EXIT = 70, 71
STATM = Path("/proc/self/statm")
log = structlog.get_logger()


class HeldTooLong(Exception):
    """Raised inside a hook that keeps the worker's loop to itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """After ``interrupt`` seconds without a beat the hook is interrupted, after ``end`` the process ends.

    Seconds are counted in looks, so that a process that was stopped itself takes nobody for a hanger.
    ``memory`` (bytes) interrupts the hook that stands in the loop, half as much again ends the process. 0: no limit.
    """

    interrupt: float = 5.0
    end: float = 20.0
    memory: int = 0


class Watchdog:
    """Watches one loop that runs in the thread ``ident``. ``folders``: where the channels' own code lies."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ident: int, folders: Sequence[str], limits: Limits) -> None:
        self._loop, self._ident, self._folders, self._limits = loop, ident, tuple(folders), limits
        self._silent, self._interrupted = 0.0, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch. The machine's own limit stands behind ours, for what grows faster than we look."""
        if self._limits.memory:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            most = self._limits.memory * 2
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))
        self._thread.start()

    def stop(self) -> None:
        """The worker ends in order."""
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(BEAT):
            with suppress(RuntimeError):  # the loop is closed: so is the worker
                self._loop.call_soon_threadsafe(self._beats)
            self._silent += BEAT
            self._look_at_time(self._silent)
            if self._limits.memory:
                self._look_at_memory(resident())

    def _beats(self) -> None:
        self._silent = 0.0

    def _look_at_time(self, held: float) -> None:
        if held > self._limits.end:
            self._end(HELD_EXIT, f"held for {held:.0f} s")
        elif held > self._limits.interrupt:
            self._interrupt(HeldTooLong, f"held for {held:.1f} s")

    def _look_at_memory(self, used: int) -> None:
        if used > self._limits.memory * 3 // 2:
            self._end(MEMORY_EXIT, f"{used >> 20} MiB of memory")
        elif used > self._limits.memory and self._silent > BEAT * 2:
            self._interrupt(MemoryError, f"{used >> 20} MiB of memory")

    def _interrupt(self, kind: type[Exception], why: str) -> None:
        """Raise in the hook, once a second at most. Nothing but a channel's own code is ever interrupted."""
        where = self._standing()
        if not where or time.monotonic() - self._interrupted < 1.0:
            return
        self._interrupted = time.monotonic()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._ident), ctypes.py_object(kind))
        log.error("a hook was interrupted", where=where, why=why)

    def _end(self, code: int, why: str) -> None:
        log.error("the worker ends itself", where=self._standing() or "not in a channel", why=why)
        sys.stderr.flush()
        os._exit(code)

    def _standing(self) -> str:
        """The line of a channel's own code the loop stands in; "" where it stands elsewhere."""
        frame: FrameType | None = sys._current_frames().get(self._ident)
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._folders):
                return f"{Path(file).parent.name}/{Path(file).name}:{frame.f_lineno}"
            frame = frame.f_back
        return ""


def resident() -> int:
    """Bytes of memory this process holds."""
    try:
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
