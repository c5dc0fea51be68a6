"""The scheduler: finds tenants that have something to do and wakes them. It decides nothing and may run in any number."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import LiteralString

import psycopg
import structlog
from redis import Redis
from redis.exceptions import RedisError

from saas.delivery import alive
from saas.delivery.inbound.answering import LOST
from saas.delivery.ring import wake, weigh
from saas.delivery.waiting_reminders import ABANDONED
from saas.kernel import clock, failpoints
from saas.kernel.pool import LINE
from saas.kernel.redis_server import connect
from saas.kernel.settings import settings

TICK = 0.3
PAUSE_AFTER_TROUBLE = 2.0
TIDY_EVERY = 3600.0
RUN_OUT: tuple[LiteralString, ...] = (
    "DELETE FROM idempotency_keys WHERE created_at < now() - interval '2 days'",
    "DELETE FROM account_memory WHERE expires_at < now()",
    ABANDONED,
    LOST,
    "DELETE FROM sessions WHERE expires_at < now() - interval '30 days'",
    "SELECT remind_reviewers()",
)
PART, PARTS = 1000, 200  # what is left waits for the next time
OVER: tuple[LiteralString, ...] = (
    """DELETE FROM callback_inbox WHERE id IN (SELECT id FROM callback_inbox
         WHERE due_at IS NULL AND received_at < now() - interval '14 days' ORDER BY received_at LIMIT %s)""",
    """DELETE FROM leases WHERE id IN (SELECT id FROM leases
         WHERE closed_at < now() - interval '30 days' AND lease_is_over(dispatch_id, closed_at) ORDER BY closed_at LIMIT %s)""",
    """DELETE FROM inbox_entries WHERE id IN (SELECT id FROM inbox_entries
         WHERE at < now() - make_interval(days => inbox_days()) ORDER BY at LIMIT %s)""",
    """DELETE FROM listening_gaps WHERE id IN (SELECT id FROM listening_gaps
         WHERE until_at < now() - make_interval(days => inbox_days()) ORDER BY id LIMIT %s)""",
)
log = structlog.get_logger()


def tick(connection: psycopg.Connection, redis: Redis) -> int:
    """Wake every tenant with due work: lost wake-ups, schedules, retries, lost leases, polls, pushes. How many."""
    rows = connection.execute("SELECT tenant_id FROM tenants_with_work(%s)", (clock.now(),)).fetchall()
    if rows:
        failpoints.reach("before_wake")
    wake(redis, [row[0] for row in rows])
    if rows:
        failpoints.reach("after_wake")
    return len(rows)


def tidy(connection: psycopg.Connection) -> None:
    """Forget what has run out, one tenant at a time."""
    for (tenant,) in connection.execute("SELECT id FROM all_tenants()").fetchall():
        with connection.transaction():
            connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(tenant),))
            for statement in RUN_OUT:
                connection.execute(statement)
        for statement in OVER:
            _clear(connection, tenant, statement)


def _clear(connection: psycopg.Connection, tenant: int, statement: LiteralString) -> None:
    """Delete in small parts, each in a transaction of its own: what grows by the million must not hold a lock for minutes."""
    for _ in range(PARTS):
        with connection.transaction():
            connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(tenant),))
            if connection.execute(statement, (PART,)).rowcount < PART:
                return


def run_scheduler(stopping: Callable[[], bool]) -> None:
    """Tick until ``stopping``; survives the database and Redis going away and coming back."""
    redis, name = connect(settings().redis_url), f"{socket.gethostname()}:{os.getpid()}"
    while not stopping():
        try:
            with psycopg.connect(settings().database_url, autocommit=True, **LINE) as connection:
                _tick_on(connection, redis, name, stopping)
        except (psycopg.Error, RedisError, OSError) as error:
            log.warning("scheduler waits", fault=type(error).__name__)
            time.sleep(PAUSE_AFTER_TROUBLE)
    with suppress(RedisError, OSError):
        alive.leave(redis, "scheduler", name)


def _tick_on(connection: psycopg.Connection, redis: Redis, name: str, stopping: Callable[[], bool]) -> None:
    """Tick on one connection; between ticks say that we live, follow the database's clock, tidy."""
    said = tidied = -math.inf
    while not stopping():
        if time.monotonic() - said > alive.EVERY:
            said = time.monotonic()
            alive.say(redis, "scheduler", name)
            follow_clock(connection)
            weigh(redis, dict(connection.execute("SELECT id, weight FROM tenant_weights()").fetchall()))
        tick(connection, redis)
        if time.monotonic() - tidied > TIDY_EVERY:
            tidied = time.monotonic()
            tidy(connection)
        time.sleep(TICK)


def follow_clock(connection: psycopg.Connection) -> None:
    """Take the database's time for ours."""
    asked = clock.steady()
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    clock.follow(row[0] if row else clock.now(), asked)
