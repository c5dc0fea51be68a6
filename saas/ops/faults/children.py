"""Ordering children from the nursery, and hearing what becomes of them."""

from __future__ import annotations

import itertools
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from saas.ops.embedded import CannotStart
from saas.ops.embedded.process import log_file, spawn, stop, tail
from saas.ops.faults.roles import Order

COMMAND = (sys.executable, "-P", "-m", "saas.ops.faults.nursery")
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A child that is no more: which order it had, where it ended itself, what it said, its exit status (-9: killed)."""

    id: int
    order: Order
    status: int
    at: tuple[str, str] | None = None
    said: Any = None


class Children:
    """The nursery as the trial sees it."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        log = log_file(home / "logs", "nursery")
        self._process = spawn(COMMAND, log=log, cwd=home, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self.alive: dict[int, Order] = {}
        self._words: dict[int, dict[str, Any]] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._await(log)

    def order(self, order: Order) -> int:
        """A child more; its number."""
        id = next(self._numbers)
        self.alive[id] = order
        self._write({"id": id, "order": asdict(order)})
        return id

    def kill(self, id: int) -> None:
        """``kill -9`` for one."""
        self._write({"id": id, "signal": signal.SIGKILL})

    def freeze(self, id: int) -> None:
        """Stop one where it stands, as a machine does that sleeps: it neither works nor ends."""
        self._write({"id": id, "signal": signal.SIGSTOP})

    def thaw(self, id: int) -> None:
        """Let it go on."""
        self._write({"id": id, "signal": signal.SIGCONT})

    def ended(self, patience: float = 0.0) -> Iterator[Ended]:
        """Those that have ended since the last question; waits up to ``patience`` seconds for the first."""
        while True:
            try:
                told = self._told.get(timeout=patience) if patience else self._told.get_nowait()
            except queue.Empty:
                return
            words = self._words.setdefault(told["id"], {})
            words.update(told)
            if "ended" in told:
                patience = 0.0
                at = words.get("at")
                del self._words[told["id"]]
                order = self.alive.pop(told["id"])
                yield Ended(told["id"], order, told["ended"], (at[0], at[1]) if at else None, words.get("said"))

    def close(self) -> None:
        """End all of them."""
        if self._process.stdin:
            self._process.stdin.close()
        stop(self._process, signal.SIGTERM, 2.0)
        self._listener.join(2.0)
        if self._process.stdout:
            self._process.stdout.close()

    def _await(self, log: Path) -> None:
        try:
            self._told.get(timeout=PATIENCE)
        except queue.Empty:
            raise CannotStart(f"试验进程没有启动：\n{tail(log)}", f"the nursery did not start:\n{tail(log)}") from None

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self._told.put(json.loads(line))

    def _write(self, told: Mapping[str, Any]) -> None:
        if self._process.stdin:
            self._process.stdin.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
            self._process.stdin.flush()
