"""P9: what a worker's memory and a claim cost as a campaign grows: a hundred times the recipients, no vacuum meanwhile.

A real worker process with the installed official account channel sends template messages; what it holds at most is the
kernel's own peak of its resident memory (Linux). A claim's cost is the database's own count of the function that claims.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis

from bench.official import Official
from bench.row import Row, Size
from bench.stage import TENANT, Stage, stage
from saas.accounts import credentials
from saas.delivery.ring import wake
from saas.kernel.sealing import Sealer
from saas.ops.home import CHECKOUT

GOAL_GROWTH, GOAL_MOST, GOAL_CLAIM = 10.0, 150.0, 1.5
SECRETS = {"QUNFA_SECRET_KEY": secrets.token_urlsafe(48), "QUNFA_ENCRYPTION_KEYS": secrets.token_urlsafe(48)}
TICK = 0.25
PATIENCE = 120.0  # seconds without any progress
EARLY, LATE = (0.05, 0.15), (0.85, 0.95)
TABLES = ("deliveries", "dispatches", "leases", "quota_windows", "quota_ledger")


@dataclass(frozen=True, slots=True)
class Look:
    """At one moment: how many were taken by the platform, how many claims there were, and their milliseconds in all."""

    accepted: int
    claims: int
    cost: float


@dataclass(frozen=True, slots=True)
class Run:
    """One campaign: the worker's peak in MiB, and what was seen on the way."""

    recipients: int
    peak: float
    looks: Sequence[Look]

    def claim(self, stretch: tuple[float, float]) -> float:
        """Milliseconds of a claim between two shares of the campaign."""
        first, last = stretch
        within = [look for look in self.looks if first * self.recipients <= look.accepted <= last * self.recipients]
        ends = (within[0], within[-1]) if len(within) > 1 else (self.looks[0], self.looks[-1])
        return (ends[1].cost - ends[0].cost) / max(ends[1].claims - ends[0].claims, 1)


def run(size: Size) -> list[Row]:
    """A small campaign and a large one, a fresh worker for each."""
    with stage() as place, Official(0.0) as platform:
        prepare(place)
        small, large = (measure(place, count, platform.url) for count in (size.few, size.many))
    early, late = (max(large.claim(stretch), 0.01) for stretch in (EARLY, LATE))
    more = max(large.peak - small.peak, 0.01)
    told = f"{small.peak:.0f} MiB at {size.few} recipients, {large.peak:.0f} at {size.many}"
    return [
        Row("P9", "a worker's memory", more, GOAL_GROWTH, "MiB more", "its own small run", "less", told),
        Row("P9-most", "a worker's memory at its peak", large.peak, GOAL_MOST, "MiB", "none", "less"),
        Row(
            "P9-claim",
            "a claim at 90 % of the campaign against one at 10 %, no vacuum",
            late / early,
            GOAL_CLAIM,
            "times",
            "the claim at 10 %",
            "less",
            f"{early:.1f} ms and {late:.1f} ms for a claim",
        ),
    ]


def measure(place: Stage, recipients: int, url: str) -> Run:
    """Send one campaign with a worker of its own."""
    dispatch = place.campaign(recipients, url)
    settings = {"base_url": url, "simulated": True, "overrides": {"template_day": {"value": 10_000_000, "reason": "bench"}}}
    with place.tenant() as connection:
        connection.execute("UPDATE accounts SET settings = %s WHERE id = 1", (json.dumps(settings),))
    place.wake(dispatch)
    with worker(place) as process, Redis.from_url(place.redis_url) as redis:
        looks = list(watched(place, dispatch, recipients, process, redis))
        return Run(recipients, peak(process.pid), looks)


def watched(place: Stage, dispatch: int, recipients: int, process: subprocess.Popen[bytes], redis: Redis) -> Iterator[Look]:
    """Ring for the tenant as a scheduler does, and look, until everything is taken."""
    last, since = -1, time.monotonic()
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(TENANT),))
        while last < recipients:
            assert process.poll() is None, "the worker ended by itself"
            assert time.monotonic() - since < PATIENCE, f"nothing moves at {last} of {recipients}"
            wake(redis, [TENANT])
            time.sleep(TICK)
            yield (look := seen(connection, dispatch))
            since = time.monotonic() if look.accepted > last else since
            last = look.accepted


def seen(connection: psycopg.Connection[Any], dispatch: int) -> Look:
    """One look."""
    row = connection.execute(
        "SELECT d.accepted, coalesce(f.calls, 0), coalesce(f.total_time, 0) FROM dispatches d"
        " LEFT JOIN pg_stat_user_functions f ON f.funcname = 'claim_deliveries' WHERE d.id = %s",
        (dispatch,),
    ).fetchone()
    assert row is not None
    return Look(*row)


@contextmanager
def worker(place: Stage) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as the stack starts it."""
    home = Path(tempfile.mkdtemp(prefix="qunfa-bench-"))
    env = {**os.environ, **SECRETS, "QUNFA_HOME": str(home), "DATABASE_URL": place.database_url, "REDIS_URL": place.redis_url}
    process = subprocess.Popen([sys.executable, "-P", "-m", "saas.ops.work", "worker"], cwd=CHECKOUT, env=env)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(home, ignore_errors=True)


def peak(pid: int) -> float:
    """The most resident memory a process has had, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def prepare(place: Stage) -> None:
    """The account, with the token that planning left; no table is vacuumed; the database counts what functions cost."""
    place.agency("")
    place.count_functions()
    sealer = Sealer((SECRETS["QUNFA_ENCRYPTION_KEYS"],))
    known = {"app_id": "wx0123456789abcdef", "app_secret": "s" * 32}
    with place.tenant() as connection:
        connection.execute(
            "UPDATE accounts SET channel = 'official_account', credentials = %s WHERE id = 1",
            (credentials.seal(sealer, TENANT, 1, known),),
        )
        connection.execute(
            "INSERT INTO account_tokens (account_id, name, sealed, expires_at)"
            " VALUES (1, 'access_token', %s, now() + interval '1 day')",
            (sealer.seal(TENANT, "token:1:access_token", "t" * 136),),
        )
    with psycopg.connect(place.owner_url) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")  # type: ignore[arg-type]
