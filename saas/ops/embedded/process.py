"""Children that do not outlive us: spawned, logged, stopped in order, and dead within moments of our own death."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from saas.ops.embedded.account import Account
from saas.ops.embedded.errors import CannotStart
from saas.ops.embedded.watchdog import Watchdog

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_LOG_LIMIT = 5_000_000
_LINUX = sys.platform == "linux"


class Child(Protocol):
    """A process that is ours to keep: a ``Popen``, or one that another process forked for us."""

    returncode: int | None

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Its exit status, None while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    death: signal.Signals = signal.SIGKILL,
    keep: Sequence[int] = (),
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in its own session, its output in ``log``; ``death`` is the signal it gets when we die.

    Call it from the main thread: on Linux a child is bound to the life of the thread that made it.
    """
    with log.open("ab") as output, _allowed(command, account):
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=output if stdout is None else stdout,
            stderr=output,
            pass_fds=tuple(keep),
            start_new_session=True,
            preexec_fn=_bound_to(os.getpid(), death) if _LINUX else None,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if not _LINUX:
        Watchdog.ours().watch(child.pid, death)
    return child


def die_with_parent(death: signal.Signals = signal.SIGKILL) -> None:
    """Bind this process to the life of its parent; for processes that fork (web workers, an rq work-horse)."""
    if _LINUX:
        _bound_to(os.getppid(), death)()


def take_name(name: str) -> None:
    """Be shown as ``name`` by ``ps -e`` and ``top``, as far as its first 15 bytes; elsewhere than on Linux nothing."""
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def stop(child: Child, first: signal.Signals, patience: float) -> None:
    """Ask with ``first``, then end the child's whole session by force after ``patience`` seconds."""
    with suppress(ProcessLookupError):
        child.send_signal(first)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        kill(child)
    forget(child)


def kill(child: Child) -> None:
    """End a child and what it started, now."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    forget(child)


def forget(child: Child) -> None:
    """A child has ended and was collected: its number may soon belong to a stranger."""
    if not _LINUX:
        Watchdog.ours().forget(child.pid)


def wait_until(ready: Callable[[], bool], child: Child, patience: float) -> bool:
    """Poll ``ready`` until it is true, the child has ended, or ``patience`` seconds are over."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if ready():
            return True
        if child.poll() is not None:
            return False
        time.sleep(0.01)
    return False


def log_file(folder: Path, name: str) -> Path:
    """The log of a child; a large one of earlier runs is put aside first."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = folder / f"{name}.log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    return log


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log, for a message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def _allowed(command: Sequence[str | Path], account: Account | None) -> Iterator[None]:
    try:
        yield
    except (PermissionError, subprocess.SubprocessError) as error:
        if account is None:
            raise
        raise CannotStart(
            f"无法以非特权账号运行 {command[0]}（{error}）；请用普通用户运行，或设置 DATABASE_URL 与 REDIS_URL",
            f"{command[0]} cannot be run under an unprivileged account ({error}); run as an ordinary user,"
            " or set DATABASE_URL and REDIS_URL",
        ) from error


def _bound_to(parent: int, death: signal.Signals) -> Callable[[], None]:
    # The library is opened here, before the fork: the child must do as little as possible.
    control = ctypes.CDLL(None, use_errno=True).prctl

    def bind() -> None:
        control(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return bind
