"""The rounds of the alerts, in a thread beside the scheduler: a slow mail server never holds up a wake-up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

FIRST = 3.0
"""Seconds after the start: nothing that sends waits for what the alerts import."""
LEAVE = 3.0


@contextmanager
def alerts_beside(stopped: threading.Event) -> Iterator[None]:
    """Go rounds until ``stopped``; a call that is on its way then is taken up by whoever goes the next round."""
    thread = threading.Thread(target=_go, args=(stopped,), name="alerts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(LEAVE)


def _go(stopped: threading.Event) -> None:
    if stopped.wait(FIRST):
        return
    from saas.reports.alerts.rounds import run

    run(stopped.wait)
