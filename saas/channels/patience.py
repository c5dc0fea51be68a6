"""A limit of seconds for each of many calls at once, by one timer for all: a timer a call costs a tenth of a request."""

from __future__ import annotations

import asyncio

LOOKS = 4  # so often within the limit: a call is ended at most a quarter late, or a second
LONGEST_GAP = 1.0


class Patience:
    """Ends the calls of a session that take longer than ``seconds``. A task has at most one call under way."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._gap = seconds, min(seconds / LOOKS, LONGEST_GAP)
        self._began: dict[asyncio.Task[object], float] = {}
        self._ended: set[asyncio.Task[object]] = set()
        self._loop = asyncio.get_running_loop()
        self._looks = False

    def begin(self) -> asyncio.Task[object]:
        """A call of the current task begins; give what comes back to ``end``."""
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._began[task] = self._loop.time()
        if not self._looks:
            self._looks = True
            self._loop.call_later(self._gap, self._look)
        return task

    def end(self, task: asyncio.Task[object]) -> None:
        """The call is over, whatever came of it."""
        del self._began[task]

    def ran_out(self, task: asyncio.Task[object]) -> bool:
        """Whether the cancellation just caught is ours, and nobody else wants the task to end as well."""
        if task not in self._ended:
            return False
        self._ended.discard(task)
        return task.uncancel() == 0

    def _look(self) -> None:
        began_before = self._loop.time() - self._seconds
        for task, began in self._began.items():
            if began < began_before and task not in self._ended:
                self._ended.add(task)
                task.cancel()
        self._looks = bool(self._began)
        if self._looks:
            self._loop.call_later(self._gap, self._look)
