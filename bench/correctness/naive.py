"""The naive arm: its tables beside the product's, its workers from the same nursery, on the same platforms."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.correctness.ground import Actor, Ground
from bench.correctness.judge import Recipient

PATIENCE = 120.0
TABLES = """
  CREATE SCHEMA IF NOT EXISTS naive;
  DROP TABLE IF EXISTS naive.posts, naive.sends, naive.checkpoint;
  CREATE TABLE naive.posts (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, account text NOT NULL, recipient text NOT NULL,
    state text NOT NULL DEFAULT 'due', tries int NOT NULL DEFAULT 0);
  CREATE INDEX ON naive.posts (state, id);
  CREATE TABLE naive.sends (account text NOT NULL, recipient text NOT NULL, day date NOT NULL DEFAULT current_date);
  CREATE INDEX ON naive.sends (account, day);
  CREATE TABLE naive.checkpoint (last bigint NOT NULL);
  INSERT INTO naive.checkpoint VALUES (0)"""


class Peer:
    """A system with a table of posts and workers that are one of the functions of ``peers``."""

    def __init__(self, ground: Ground, actors: Sequence[Actor], work: str) -> None:
        self._ground, self._work = ground, f"bench.correctness.peers:{work}"
        self._lines = {
            actor.key: {
                "channel": actor.channel,
                "address": ground.rehearsal.addresses[actor.channel],
                "credentials": dict(actor.credentials),
            }
            for actor in actors
        }
        self.running: list[int] = []

    @contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._ground.servers.owner_url, options="-c search_path=naive") as connection:
            yield connection

    def plan(self, recipients: Iterable[Recipient]) -> None:
        """Empty tables, then a post for each recipient."""
        with self._connect() as connection:
            connection.execute(TABLES)
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO posts (account, recipient) VALUES (%s, %s)", list(recipients))

    def start(self, *args: Any) -> None:
        """One worker more."""
        url = self._ground.servers.owner_url
        database = f"{url}{'&' if '?' in url else '?'}options=-c%20search_path%3Dnaive"
        self.running.append(self._ground.nursery.start(self._work, database, self._lines, *args))

    def finished(self, patience: float = PATIENCE) -> None:
        """Wait until every worker has ended by itself; end those that will not."""
        until = time.monotonic() + patience
        while time.monotonic() < until and any(map(self._ground.nursery.lives, self.running)):
            time.sleep(0.05)
        for number in self.running:
            self._ground.nursery.kill(number)
        self.running.clear()

    def said(self) -> dict[Recipient, str]:
        """The last word on each recipient."""
        with self._connect() as connection:
            rows = connection.execute("SELECT account, recipient, state FROM posts")
            return {(account, recipient): state for account, recipient, state in rows}
