"""Where rows are measured: both servers in a home of their own, the schema, an agency, campaigns of any size. fsync is on."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.channel import NAME
from saas.kernel.migrate import upgrade
from saas.ops.embedded import Postgres, Valkey

TENANT = 1
SIGNED = "a" * 64
MESSAGE = {
    "kind": "template",
    "template": {"id": "t", "data": {"first": "{name}，您好", "keyword1": "{points} 分", "remark": "本月积分已到账"}, "url": ""},
}


class Stage:
    """The running servers. ``database_url`` is the application's role: every policy binds it; ``owner_url`` owns the tables."""

    def __init__(self, postgres: Postgres, valkey: Valkey) -> None:
        self.database_url, self.owner_url, self.redis_url = postgres.app_url, postgres.owner_url, valkey.url
        self._postgres = postgres

    def count_functions(self) -> None:
        """From the next connection on the database counts calls of functions and their time."""
        self._postgres.set_for_application("track_functions", "pl")

    @contextmanager
    def tenant(self, tenant: int = TENANT) -> Iterator[psycopg.Connection[Any]]:
        """One transaction of a tenant."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(tenant),))
            yield connection

    def agency(self, url: str) -> None:
        """A tenant with two members, a client, and one account whose platform is at ``url``."""
        with self.tenant() as connection:
            connection.execute("INSERT INTO tenants (id, slug, name) VALUES (%s, 'bench', 'bench')", (TENANT,))
            connection.execute(
                "INSERT INTO members (id, email, name, role, password_hash)"
                " VALUES (1, 'a@x.example', 'a', 'editor', ''), (2, 'b@x.example', 'b', 'reviewer', '')"
            )
            connection.execute("INSERT INTO clients (id, name) VALUES (1, 'bench')")
            connection.execute(
                "INSERT INTO accounts (id, client_id, key, channel, kind, name, settings)"
                " VALUES (1, 1, 'a', %s, 'service', 'a', %s)",
                (NAME, json.dumps({"url": url})),
            )

    def campaign(self, recipients: int, url: str) -> int:
        """A released template campaign to so many recipients at ``url``; gives its dispatch, asleep until ``wake``."""
        with self.tenant() as connection:
            connection.execute("UPDATE accounts SET settings = %s WHERE id = 1", (json.dumps({"url": url}),))
            campaign = _one(
                connection,
                "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
                " VALUES ('bench', 'template', '{}', 1, %s, now(), interval '1 day') RETURNING id",
                (SIGNED,),
            )
            dispatch = _one(
                connection,
                "INSERT INTO dispatches (campaign_id, account_id, route, message, repeat_by, repeat_seconds)"
                " VALUES (%s, 1, 'template', %s, 'key', 1800) RETURNING id",
                (campaign, json.dumps(MESSAGE)),
            )
            self._recipients(connection, campaign, dispatch, recipients)
            connection.execute(
                "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, 2, 'approved', %s)",
                (campaign, SIGNED),
            )
            connection.execute(
                "UPDATE campaigns SET approved_digest = digest, state = 'released', released_at = now() WHERE id = %s",
                (campaign,),
            )
        return dispatch

    def _recipients(self, connection: psycopg.Connection[Any], campaign: int, dispatch: int, count: int) -> None:
        connection.execute(
            "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, fields, people)"
            " SELECT %s, %s, 1, 'o' || lpad(n::text, 27, '0'), 'ids',"
            " jsonb_build_object('name', '客户' || n, 'points', n::text), 1"
            " FROM generate_series(1, %s) n",
            (campaign, dispatch, count),
        )

    def wake(self, dispatch: int) -> None:
        """Let it go."""
        with self.tenant() as connection:
            connection.execute("UPDATE dispatches SET wake_at = now() WHERE id = %s", (dispatch,))

    def totals(self, dispatch: int) -> tuple[int, int]:
        """How many are delivered, how many still open."""
        with self.tenant() as connection:
            row = connection.execute("SELECT delivered, open_rows FROM dispatches WHERE id = %s", (dispatch,)).fetchone()
        assert row is not None
        return row


def _one(connection: psycopg.Connection[Any], query: str, values: tuple[Any, ...]) -> int:
    row = connection.execute(query, values).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


@contextmanager
def stage() -> Iterator[Stage]:
    """Both servers, migrated, in a temporary home that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="qunfa-bench-"))
    postgres, valkey = Postgres(folder), Valkey(folder)
    try:
        postgres.start()
        valkey.start()
        upgrade(postgres.owner_url)
        yield Stage(postgres, valkey)
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
