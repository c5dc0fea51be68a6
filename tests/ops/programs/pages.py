"""A web application for the stack's tests: it shows the settings it was given."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable


def app(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer every request with the names of our settings."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(sorted(name for name in os.environ if name.startswith(("QUNFA_", "DATABASE_", "REDIS_")))).encode()]
