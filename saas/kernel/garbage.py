"""When a worker collects garbage: between its turns, when little is alive; in the middle of a chunk it costs a tenth of all."""

from __future__ import annotations

import gc

FULL_EVERY = 200  # turns


class Collector:
    """Takes the collector's work over for the life of a process that works in short turns."""

    def __init__(self) -> None:
        self._turns = 0

    def take_over(self) -> None:
        """From now on nothing is collected but by ``sweep``, and what was loaded is not looked through again."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def sweep(self) -> None:
        """A turn has ended: collect what it left behind, and now and then what outlived several."""
        if gc.isenabled():
            return
        self._turns += 1
        gc.collect(2 if self._turns % FULL_EVERY == 0 else 1)


collector = Collector()
"""This process's own."""
