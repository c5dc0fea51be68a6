"""``python -m saas.ops.forks``: a process that has imported what services need, and makes each by a fork in no time.

``Forks`` in ``saas.ops.forked`` starts it and gives the orders, a line of JSON on standard input each: ``{"id", "module",
"words", "log", "cwd", "env"}`` runs that module as ``python -m`` would; ``{"id", "signal"}``. Standard output tells ``{"id",
"pid"}`` and ``{"id", "ended"}``. It has one thread and reads no settings. Children die with it, and it with its parent.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from saas.ops.embedded.process import die_with_parent, take_name

MODULES = ("saas.ops.work", "saas.channels.simulator")


class Forking:
    """Takes orders until they end; then no child is left."""

    def __init__(self, orders: int, tell: int) -> None:
        self._orders, self._tell = orders, tell
        self._children: dict[int, int] = {}
        self._unread = b""
        self._wakes, wakened = os.pipe()
        for end in (self._wakes, wakened):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakened, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Until the orders end."""
        while True:
            ready, _, _ = select.select([self._orders, self._wakes], [], [])
            if self._wakes in ready:
                os.read(self._wakes, 4096)
            self._reap()
            if self._orders in ready and not self._take():
                break
        for pid in self._children.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _take(self) -> bool:
        read = os.read(self._orders, 65536)
        *lines, self._unread = (self._unread + read).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "signal" not in order:
                self._fork(order)
            elif order["id"] in self._children:
                os.kill(self._children[order["id"]], order["signal"])
        return bool(read)

    def _fork(self, order: dict[str, Any]) -> None:
        ours = os.getpid()
        pid = os.fork()
        if not pid:
            self._become(order, ours)
        self._children[order["id"]] = pid
        self._say({"id": order["id"], "pid": pid})

    def _become(self, order: dict[str, Any], parent: int) -> NoReturn:
        status = 1
        try:
            self._leave_parent(order)
            if os.getppid() != parent:
                os._exit(status)  # it died before we were bound to it
            status = _run(order["module"], order["words"])
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(OSError):
                sys.stderr.flush()
                sys.stdout.flush()
            os._exit(status)

    def _leave_parent(self, order: dict[str, Any]) -> None:
        """What a new process would have: a session, a log, a folder, an environment and signals of its own."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with_parent()
        take_name(shown_as(Path(order["log"]).stem))
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for number in (1, 2):
            os.dup2(log, number)
        for number in (log, self._orders, self._tell, self._wakes):
            os.close(number)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])

    def _reap(self) -> None:
        for id, pid in list(self._children.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._children[id]
                self._say({"id": id, "ended": os.waitstatus_to_exitcode(status)})

    def _say(self, told: dict[str, int]) -> None:
        os.write(self._tell, json.dumps(told).encode() + b"\n")


def shown_as(service: str) -> str:
    """The name of a service among processes: short, for a system shows 15 letters."""
    return f"qf-{service.replace('simulator-', 'sim-')}"


def _run(module: str, words: list[str]) -> int:
    sys.argv = [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def preload() -> None:
    """Import what services and rehearsal servers need. A channel that cannot be used is told by the service that needs it."""
    import saas.channels.simulator.server
    import saas.delivery.scheduling
    import saas.ops.worker  # noqa: F401
    from saas.accounts.channels import registry
    from saas.channels.registry import BadChannel

    with contextlib.suppress(BadChannel, ImportError):
        registry()


def main() -> None:
    """Import, then fork until standard input ends."""
    orders, tell = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    preload()
    gc.collect()
    gc.freeze()
    Forking(orders, tell).run()


if __name__ == "__main__":
    main()
