"""The product's own processes, with one thing changed: a lease lives some seconds, not thirty, so that ten seeds take minutes."""

from __future__ import annotations

from datetime import timedelta

from saas.delivery import host, sending
from saas.delivery.scheduling import run_scheduler
from saas.kernel import journal
from saas.ops.worker import run_worker

LEASE = 10.0


def worker(lease: float = LEASE) -> None:
    """A worker until it is killed; heartbeat and margin shrink with the lease."""
    host.LEASE = timedelta(seconds=lease)
    setattr(sending, "LEASE", host.LEASE)  # noqa: B010 - imported there by name
    host.HEARTBEAT, host.SAFE_SECONDS = lease / 6, lease * 2 / 3
    journal.configure()
    run_worker()


def scheduler() -> None:
    """The scheduler until it is killed."""
    journal.configure()
    run_scheduler(lambda: False)
