"""``python -m saas.ops.faults.nursery``: a process that has imported the product once and forks children on order.

A worker that is killed is replaced in hundredths of a second instead of one. Orders come as JSON lines on standard input,
``{"id", "order": {…}}`` or ``{"id", "signal": n}``; what becomes of children goes out on standard output as ``{"id", "said"}``,
``{"id", "at"}`` (the point at which it is about to end itself) and ``{"id", "ended": status}``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import sys
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import configure_mappers

from saas.accounts.channels import registry
from saas.kernel import journal
from saas.ops.embedded.process import die_with_parent
from saas.ops.faults.roles import Order, live

TICK = 0.02


@dataclass(slots=True)
class _Child:
    pid: int
    hears: int
    unread: bytes = field(default=b"")


class Nursery:
    """The parent of all children of a trial."""

    def __init__(self, orders: int, tell: int) -> None:
        self._orders, self._tell = orders, tell
        self._children: dict[int, _Child] = {}
        self._unread = b""
        self._open = True

    def run(self) -> None:
        """Until the orders end; then no child is left."""
        os.set_blocking(self._orders, False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._orders, selectors.EVENT_READ)
            while self._open:
                if selector.select(TICK):
                    self._take_orders()
                for id in list(self._children):
                    self._look_after(id)
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def _take_orders(self) -> None:
        read = os.read(self._orders, 65536)
        self._open = bool(read)
        *lines, self._unread = (self._unread + read).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "signal" in told:
                self._signal(told["id"], told["signal"])
            else:
                self._fork(told["id"], Order.from_json(told["order"]))

    def _signal(self, id: int, number: int) -> None:
        if id in self._children:
            os.kill(self._children[id].pid, number)

    def _fork(self, id: int, order: Order) -> None:
        hears, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(hears)
            self._become(order, tell)
        os.close(tell)
        os.set_blocking(hears, False)
        self._children[id] = _Child(pid, hears)

    def _become(self, order: Order, tell: int) -> None:
        """In the child: never returns."""
        status = 1
        try:
            die_with_parent()
            os.dup2(2, 1)
            os.close(self._orders)
            live(order, tell)
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _look_after(self, id: int) -> None:
        child = self._children[id]
        pid, status = os.waitpid(child.pid, os.WNOHANG)  # before its last words are read, so that none is missed
        with contextlib.suppress(BlockingIOError):
            while read := os.read(child.hears, 65536):
                child.unread += read
        *lines, child.unread = child.unread.split(b"\n")
        for line in lines:
            self._say(id, json.loads(line))
        if pid:
            del self._children[id]
            os.close(child.hears)
            self._say(id, {"ended": os.waitstatus_to_exitcode(status)})

    def _say(self, id: int, told: dict[str, Any]) -> None:
        line = json.dumps({"id": id, **told}, ensure_ascii=False).encode() + b"\n"
        while line:
            line = line[os.write(self._tell, line) :]


def main() -> None:
    """Import what children need, say so, fork until standard input ends."""
    journal.configure()
    registry()
    configure_mappers()
    orders, tell = os.dup(0), os.dup(1)
    os.set_inheritable(tell, False)
    os.dup2(2, 1)
    gc.collect()
    gc.freeze()
    os.write(tell, b'{"id": 0, "said": "ready"}\n')
    Nursery(orders, tell).run()


if __name__ == "__main__":
    main()
