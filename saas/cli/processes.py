"""``worker`` and ``scheduler``: the long-lived processes, as many of each as wanted, on any number of machines."""

from __future__ import annotations

import signal
import threading

import click


@click.command("worker")
def worker() -> None:
    """Take turns for tenants until stopped."""
    from saas.kernel import journal
    from saas.ops.worker import run_worker

    journal.configure()
    run_worker()


@click.command("scheduler")
def scheduler() -> None:
    """Wake tenants that have work until stopped."""
    from saas.delivery.scheduling import run_scheduler
    from saas.kernel import journal

    journal.configure()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    run_scheduler(stopped.is_set)


COMMANDS = [worker, scheduler]
