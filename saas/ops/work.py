"""``python -m saas.ops.work worker|scheduler``: one long-lived process, without the command line's other rooms.

The stack starts several of these at once: what they do not import, nobody waits for.
"""

from __future__ import annotations

import signal
import sys
import threading

from saas.ops import gate


def worker() -> None:
    """Take turns for tenants until stopped."""
    from saas.kernel import journal
    from saas.ops.worker import run_worker

    journal.configure()
    gate.wait()
    run_worker()


def scheduler() -> None:
    """Wake tenants that have work, tell of what they must hear, and listen to accounts that want it, until stopped."""
    from saas.delivery.scheduling import run_scheduler
    from saas.kernel import journal
    from saas.ops.alerting import alerts_beside
    from saas.ops.approvals import approvals_beside
    from saas.ops.listening import listening_beside

    journal.configure()
    gate.wait()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with alerts_beside(stopped), listening_beside(stopped), approvals_beside(stopped):
        run_scheduler(stopped.is_set)


if __name__ == "__main__":
    {"worker": worker, "scheduler": scheduler}[sys.argv[1]]()
