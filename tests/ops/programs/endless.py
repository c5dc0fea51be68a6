"""A worker for the stack's tests: it has a child of its own, and neither ends by itself."""

from __future__ import annotations

import os
import signal
import time

from saas.ops.embedded.process import die_with_parent

if os.fork() == 0:
    die_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
