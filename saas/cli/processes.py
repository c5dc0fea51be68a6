"""``worker`` and ``scheduler``: the long-lived processes, as many of each as wanted, on any number of machines."""

from __future__ import annotations

import click

from saas.ops import work


@click.command("worker")
def worker() -> None:
    """Take turns for tenants until stopped."""
    work.worker()


@click.command("scheduler")
def scheduler() -> None:
    """Wake tenants that have work until stopped."""
    work.scheduler()
