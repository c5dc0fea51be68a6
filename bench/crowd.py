"""Worker processes and many agencies on the bench's servers: ``python -m bench.crowd AT_ONCE`` is one worker with its channel."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from redis import Redis

from bench.channel import NAME, registry
from bench.stage import MESSAGE, SIGNED, Stage
from saas.delivery import alive, jobs
from saas.ops.worker import run_worker

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120.0
RECIPIENTS = """INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, fields, people)
  SELECT %s, %s, %s, 'o' || lpad(n::text, 27, '0'), 'ids', jsonb_build_object('name', '客户' || n, 'points', n::text), 1
  FROM generate_series(1, %s) n"""


@contextmanager
def processes(place: Stage, workers: int, at_once: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A scheduler and so many workers, once they are known to live; killed at the end."""
    env = {
        **os.environ,
        "DATABASE_URL": place.database_url,
        "REDIS_URL": place.redis_url,
        "QUNFA_SECRET_KEY": secrets.token_urlsafe(48),
        "QUNFA_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
    }
    with Redis.from_url(place.redis_url) as redis:
        redis.flushdb()
        commands = [["saas.ops.work", "scheduler"], *([["bench.crowd", str(at_once)]] * workers)]
        began = [
            subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
            for command in commands
        ]
        try:
            wait_for(lambda: alive.present(redis) == {"worker": workers, "scheduler": 1})
            yield began
        finally:
            for process in began:
                process.kill()
                process.wait()


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until something holds; RuntimeError when it never does."""
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            raise RuntimeError("the workers do not get on")
        time.sleep(0.05)


def agency(place: Stage, tenant: int, rows: int, url: str) -> int:
    """An agency of that number with a released campaign of so many recipients; gives its dispatch, asleep until ``wake``."""
    with place.tenant(tenant) as connection:
        author, signer, account = _people(connection, tenant, url)
        campaign = _id(
            connection,
            "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
            " VALUES ('bench', 'template', '{}', %s, %s, now(), interval '1 day') RETURNING id",
            author, SIGNED,
        )  # fmt: skip
        dispatch = _id(
            connection,
            "INSERT INTO dispatches (campaign_id, account_id, route, message, repeat_by, repeat_seconds)"
            " VALUES (%s, %s, 'template', %s, 'key', 1800) RETURNING id",
            campaign, account, json.dumps(MESSAGE),
        )  # fmt: skip
        connection.execute(RECIPIENTS, (campaign, dispatch, account, rows))
        signed = "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, %s, 'approved', %s)"
        connection.execute(signed, (campaign, signer, SIGNED))
        connection.execute(
            "UPDATE campaigns SET approved_digest = digest, state = 'released', released_at = now() WHERE id = %s", (campaign,)
        )
    return dispatch


def _people(connection: psycopg.Connection[tuple[int]], tenant: int, url: str) -> tuple[int, int, int]:
    """An agency: its editor, its reviewer, its account."""
    connection.execute("INSERT INTO tenants (id, slug, name) VALUES (%s, %s, 'bench')", (tenant, f"t{tenant}"))
    member = "INSERT INTO members (email, name, role, password_hash) VALUES (%s, 'x', %s, '') RETURNING id"
    author, signer = (_id(connection, member, f"{role}@t{tenant}.example", role) for role in ("editor", "reviewer"))
    client = _id(connection, "INSERT INTO clients (name) VALUES ('bench') RETURNING id")
    account = _id(
        connection,
        "INSERT INTO accounts (client_id, key, channel, kind, name, settings)"
        " VALUES (%s, 'a', %s, 'service', 'a', %s) RETURNING id",
        client, NAME, json.dumps({"url": url}),
    )  # fmt: skip
    return author, signer, account


def wake(place: Stage, tenant: int, dispatch: int) -> None:
    """Let it go; the scheduler finds it."""
    with place.tenant(tenant) as connection:
        connection.execute("UPDATE dispatches SET wake_at = now() WHERE id = %s", (dispatch,))


def _id(connection: psycopg.Connection[tuple[int]], query: str, *values: object) -> int:
    row = connection.execute(query, values).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


if __name__ == "__main__":
    jobs.registry = lambda: registry(int(sys.argv[1]))  # type: ignore[attr-defined]
    run_worker()
