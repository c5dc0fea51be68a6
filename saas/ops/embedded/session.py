"""Servers for the length of a test session or a trial: quick to start, nothing worth keeping."""

from __future__ import annotations

from pathlib import Path

from saas.ops.embedded.postgres import Postgres
from saas.ops.embedded.valkey import Valkey


def ephemeral(home: Path) -> tuple[Postgres, Valkey]:
    """Both servers, started without durability in ``home``; the caller stops them and removes the folder.

    Other processes use ``Postgres.attach(home)`` and ``Valkey.attach(home)``.
    """
    valkey, postgres = Valkey(home, durable=False), Postgres(home, durable=False)
    valkey.begin()
    try:
        postgres.start()
        valkey.wait()
    except BaseException:
        postgres.stop()
        valkey.stop()
        raise
    return postgres, valkey
