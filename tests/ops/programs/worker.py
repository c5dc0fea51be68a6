"""A worker of the product with the tests' own channel: ``worker.py [HOURS]``, its machine's clock so many hours off.

A lost worker is noticed in seconds here instead of half a minute.
"""

from __future__ import annotations

import asyncio
import faulthandler
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import time_machine

from saas.channels.registry import Registry
from saas.delivery import host, jobs, sending
from saas.ops.worker import run_worker
from tests.delivery.trial import TrialChannel

LEASE = timedelta(seconds=4)


def registry() -> Registry:
    """The trial channel alone."""
    registry = Registry()
    registry.register("trial", TrialChannel())
    registry.freeze()
    return registry


def tell(*_: object) -> None:
    """Print where every thread and every task stands: for a test that waits in vain."""
    faulthandler.dump_traceback(all_threads=True)
    for task in asyncio.all_tasks(jobs.loop().watched[0]):
        task.print_stack(limit=6)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    jobs.registry = registry
    host.LEASE = sending.LEASE = LEASE
    host.HEARTBEAT, host.SAFE_SECONDS = 0.5, 2.0
    off = timedelta(hours=float(sys.argv[1])) if len(sys.argv) > 1 else timedelta()
    with time_machine.travel(datetime.now(UTC) + off, tick=True) if off else jobs.suppress():
        run_worker()
