"""A parent for the stack's tests: ``python stack.py HOME`` starts a stack, says ``ready``, and tends it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from saas.ops.stack import PYTHON, Programs, Stack

HERE = Path(__file__).resolve().parent


def programs(worker: str = "endless") -> Programs:
    """Small programs in the place of the product's."""
    endless = (sys.executable, str(HERE / "endless.py"))
    web = (*PYTHON, "gunicorn", "-c", "python:saas.ops.web_server", "--pythonpath", str(HERE), "pages:app")
    return Programs(web=web, scheduler=endless, worker=(sys.executable, str(HERE / f"{worker}.py")))


if __name__ == "__main__":
    with Stack(Path(sys.argv[1]), simulators=[], programs=programs()) as stack, suppress(KeyboardInterrupt):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        stack.tend_until_stopped()
