"""A child that is started again when it ends, ever more patiently while it keeps failing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from saas.ops.embedded.errors import CannotStart
from saas.ops.embedded.process import Child, forget

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 60.0


def pause_before(restart: int) -> float:
    """Seconds to wait before the ``restart``-th restart in a row (from 0)."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2**restart))


class Kept:
    """One child by name. ``tend`` it now and then."""

    def __init__(self, name: str, start: Callable[[], Child], say: Callable[[str], None], child: Child | None = None) -> None:
        self.name = name
        self._start = start
        self._say = say
        self._restarts = 0
        self._due: float | None = None
        self.child = child or start()
        self._since = time.monotonic()

    @property
    def pid(self) -> int:
        """Its process as it is now; 0 while it is down."""
        return _pid(self.child) if self._due is None else 0

    def tend(self, now: float) -> None:
        """Notice that the child ended, and start it again when its pause is over (``now`` in monotonic seconds)."""
        if self._due is None and self.child.poll() is not None:
            forget(self.child)
            self._restarts = 0 if now - self._since > STEADY else self._restarts
            self._due = now + pause_before(self._restarts)
            ended = f"{self.name}, process {_pid(self.child)}, {how_it_ended(self.child.returncode)}"
            self._say(f"{ended}; it starts again in {self._due - now:g} s")
        if self._due is not None and now >= self._due:
            self._again(now)

    def _again(self, now: float) -> None:
        self._restarts += 1
        before = _pid(self.child)
        try:
            self.child = self._start()
        except (CannotStart, OSError) as error:
            self._due = now + pause_before(self._restarts)
            self._say(f"{self.name} could not start: {error}")
            return
        self._due, self._since = None, now
        self._say(f"{self.name} started again as process {_pid(self.child)}; before it was {before}")


def how_it_ended(status: int | None) -> str:
    """An exit status as an operator reads it."""
    if status is None or status >= 0:
        return f"ended with {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _pid(child: Child) -> int:
    """Its process, 0 where none was ever made: a forking process may die over the order."""
    try:
        return child.pid
    except ProcessLookupError:
        return 0
