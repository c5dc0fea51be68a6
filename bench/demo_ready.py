"""P12: from the command to pages that answer and workers that live, the first time in a home and the second."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from redis import Redis
from rq import Worker

from bench.row import Row, Size
from saas.ops.home import CHECKOUT
from saas.ops.running import find

GOAL_FIRST, GOAL_AGAIN = 8.0, 5.0
WORKERS = 2
PATIENCE = 60.0


def run(size: Size) -> list[Row]:
    """Start it twice in one fresh home."""
    folder = Path(tempfile.mkdtemp(prefix="qunfa-bench-"))
    try:
        first, again = seconds_until_ready(folder / "home"), seconds_until_ready(folder / "home")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        Row("P12", "demo ready, first time", first, GOAL_FIRST, "s", "none", "less"),
        Row("P12-again", "demo ready, second time", again, GOAL_AGAIN, "s", "none", "less"),
    ]


def seconds_until_ready(home: Path) -> float:
    """Start the demo, wait until the first page (the sign-in) answers and every worker has registered, stop it."""
    began = time.perf_counter()
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DATABASE_OWNER_URL")}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "saas.cli", "demo", "--workers", str(WORKERS)],
        cwd=CHECKOUT,
        env=env | {"QUNFA_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not ready(home):
            assert process.poll() is None, "the demo ended by itself"
            assert time.perf_counter() - began < PATIENCE, "the demo is not ready"
            time.sleep(0.02)
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def ready(home: Path) -> bool:
    """Pages answer and workers live."""
    if not (home / "stack.json").exists():
        return False
    running = find(home, patience=0)
    if running is None:
        return False
    try:
        with urllib.request.urlopen(f"{running.base_url}/", timeout=5) as page:
            answered = page.status == 200
    except (urllib.error.URLError, OSError, json.JSONDecodeError):
        return False
    with Redis.from_url(running.redis_url) as redis:
        return answered and Worker.count(connection=redis) >= WORKERS
