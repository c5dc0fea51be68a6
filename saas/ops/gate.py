"""The gate in front of a stack's services: they start, import what they need, and wait here until the schema is in place.

Importing takes longer than anything else at a start; so it happens while the database is made.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

VARIABLE = "QUNFA_GATE"
PATIENCE = 120.0


def wait() -> None:
    """Return once the file named by QUNFA_GATE is there, or at once when none is named."""
    gate = os.environ.get(VARIABLE)
    until = time.monotonic() + PATIENCE
    while gate and not Path(gate).exists() and time.monotonic() < until:
        time.sleep(0.02)
