"""A child that is started again when it ends, ever more patiently while it keeps failing."""

from __future__ import annotations

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

    def tend(self, now: float) -> None:
        """Notice that the child ended, and start it again when its pause is over (``now`` in monotonic seconds)."""
        if self._due is None and self.child.poll() is not None:
            forget(self.child)
            self._restarts = 0 if now - self._since > STEADY else self._restarts
            self._due = now + pause_before(self._restarts)
            self._say(f"{self.name} ended with {self.child.returncode}; it starts again in {self._due - now:g} s")
        if self._due is not None and now >= self._due:
            self._again(now)

    def _again(self, now: float) -> None:
        self._restarts += 1
        try:
            self.child = self._start()
        except (CannotStart, OSError) as error:
            self._due = now + pause_before(self._restarts)
            self._say(f"{self.name} could not start: {error}")
            return
        self._due, self._since = None, now
        self._say(f"{self.name} started again as process {self.child.pid}")
