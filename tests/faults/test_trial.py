"""The short trial: two hundred deaths over every point and every channel, servers too, from a seed; then the books agree."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from saas.accounts.channels import registry
from saas.kernel.failpoints import POINTS
from saas.ops.faults.trial import RARE
from saas.ops.faults.wishes import ON_ROUTES, routes_of

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS", "QUNFA_HOME")
KILLS, MINUTES, PATIENCE = 200, "8", 1200


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    command = [sys.executable, "-m", "saas.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_check_01_two_hundred_deaths_at_all_points_of_all_channels_lose_nothing_and_double_nothing() -> None:
    seed = random.randrange(2**31)
    done = _run("soak", "--minutes", MINUTES, "--kills", str(KILLS), "--seed", str(seed), "--json")
    told = json.loads(done.stdout)
    assert told["faults"] == {}, f"seed {seed}: {told['faults']}\n{done.stderr[-2000:]}"
    assert done.returncode == 0
    kills = told["kills"]
    assert kills["total"] >= KILLS, told
    missed = set(POINTS) - set(kills["points"])
    assert len(missed) <= RARE, f"seed {seed}: nobody died at {missed}"
    assert not missed & set(ON_ROUTES), f"seed {seed}: nobody died at {missed}"
    assert set(routes_of(registry())) - set(kills["routes"]) == set(), f"seed {seed}: nobody died on these"
    assert {"postgres", "valkey", "web", "scheduler", "flushall", "drop_after"} <= set(told["strikes"])
    assert told["effects"] > told["campaigns"] > 10
    assert set(told["unknown"]) <= {
        "the platform knows no key and answers no question",
        "set aside after three lost workers",
        "stopped while it might have been out",
        "the platform no longer knows the key",
        "out for certain; the platform does not say how many it reached",
    }
