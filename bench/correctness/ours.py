"""The product's arm: an agency of its own for each seed, approved campaigns, real workers and a scheduler."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from redis import Redis

from bench.correctness.ground import KINDS, Actor, Ground
from bench.correctness.judge import Recipient
from bench.stage import SIGNED
from saas.accounts.credentials import seal
from saas.delivery.ring import MOST_WAITING, wake
from saas.kernel.sealing import Sealer

PATIENCE = 120.0
WORKER, SCHEDULER = "bench.correctness.processes:worker", "bench.correctness.processes:scheduler"
ROUTES: dict[str, tuple[str, str, int, str]] = {
    "official_account": ("template", "key", 570, "person"),
    "qq_group": ("group", "none", 0, "group"),
}
MESSAGES = {
    "official_account": {
        "kind": "template",
        "template": {"id": "TmBench", "data": {"first": "{name}，您好", "remark": "本月积分已到账"}, "url": ""},
    },
    "qq_group": {"kind": "text", "text": "本周活动已开始"},
}


class Agency:
    """One tenant with accounts and campaigns. ``wake`` starts everything, ``settled`` waits for it."""

    def __init__(self, ground: Ground, number: int) -> None:
        self._ground, self._tenant = ground, number
        with self._connect() as connection:
            connection.execute("INSERT INTO tenants (id, slug, name) VALUES (%s, %s, 'bench')", (number, f"bench{number}"))
            self._author, self._reviewer = (
                _id(
                    connection,
                    "INSERT INTO members (email, name, role, password_hash) VALUES (%s, %s, %s, '') RETURNING id",
                    (f"{role}{number}@bench.example", role, role),
                )
                for role in ("editor", "reviewer")
            )
            self._client = _id(connection, "INSERT INTO clients (name) VALUES ('bench') RETURNING id", ())

    @contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[Any]]:
        with self._ground.servers.tenant(self._tenant) as connection:
            yield connection

    def take_on(self, actors: Iterable[Actor]) -> dict[str, int]:
        """Store accounts with sealed credentials; their numbers by key."""
        sealer, numbers = Sealer([self._ground.encryption_key]), {}
        with self._connect() as connection:
            for actor in actors:
                account = _id(
                    connection,
                    "INSERT INTO accounts (client_id, key, channel, kind, name, settings)"
                    " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
                    (self._client, actor.key, actor.channel, KINDS[actor.channel], actor.key, json.dumps(actor.settings)),
                )
                sealed = seal(sealer, self._tenant, account, actor.credentials)
                connection.execute("UPDATE accounts SET credentials = %s WHERE id = %s", (sealed, account))
                numbers[actor.key] = account
        return numbers

    def campaign(self, actors: Sequence[Actor], accounts: dict[str, int], targets: dict[str, Sequence[str]]) -> None:
        """One campaign on these accounts, to ``targets`` by account key; approved and released, asleep until ``wake``."""
        with self._connect() as connection:
            campaign = _id(
                connection,
                "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
                " VALUES ('bench', 'text', '{}', %s, %s, now(), interval '2 minutes') RETURNING id",
                (self._author, SIGNED),
            )
            for actor in actors:
                _dispatch(connection, campaign, accounts[actor.key], actor.channel, targets[actor.key])
            connection.execute(
                "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, %s, 'approved', %s)",
                (campaign, self._reviewer, SIGNED),
            )
            connection.execute(
                "UPDATE campaigns SET approved_digest = digest, state = 'released', released_at = now() WHERE id = %s",
                (campaign,),
            )

    def wake(self) -> None:
        """Everything may go; several workers are told at once."""
        with self._connect() as connection:
            connection.execute("UPDATE dispatches SET wake_at = now()")
        with Redis.from_url(self._ground.servers.redis_url) as redis:
            for _ in range(MOST_WAITING):
                wake(redis, [self._tenant])

    def settled(self) -> bool:
        """Wait until nothing is open, at most so long."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with self._connect() as connection:
                row = connection.execute("SELECT coalesce(sum(open_rows), 0) FROM dispatches").fetchone()
            if row and not row[0]:
                return True
            time.sleep(0.1)
        return False

    def said(self) -> dict[Recipient, str]:
        """The books' last word on each recipient; a wait for the next window counts as told."""
        query = (
            "SELECT a.key, e.target, CASE WHEN e.state = 'due' AND e.code = 'exhausted' THEN 'exhausted' ELSE e.state END"
            " FROM deliveries e JOIN accounts a ON a.id = e.account_id"
        )
        with self._connect() as connection:
            return {(key, target): state for key, target, state in connection.execute(query)}


def _dispatch(connection: psycopg.Connection[Any], campaign: int, account: int, channel: str, targets: Sequence[str]) -> None:
    route, repeat, seconds, unit = ROUTES[channel]
    dispatch = _id(
        connection,
        "INSERT INTO dispatches (campaign_id, account_id, route, unit, message, repeat_by, repeat_seconds)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (campaign, account, route, unit, json.dumps(MESSAGES[channel]), repeat, seconds),
    )
    connection.execute(
        "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, fields, people)"
        " SELECT %s, %s, %s, t, 'ids', jsonb_build_object('name', '客户'), 1 FROM unnest(%s::text[]) t",
        (campaign, dispatch, account, list(targets)),
    )


def _id(connection: psycopg.Connection[Any], query: str, values: tuple[Any, ...]) -> int:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def workers(ground: Ground, count: int) -> Iterator[None]:
    """So many workers and a scheduler, for as many seeds as there are; ``ground.running`` holds the workers."""
    scheduler = ground.nursery.start(SCHEDULER)
    ground.running[:] = [ground.nursery.start(WORKER) for _ in range(count)]
    try:
        yield
    finally:
        for number in (*ground.running, scheduler):
            ground.nursery.kill(number)
