"""Bench runs start servers of their own."""

from __future__ import annotations

import pytest

SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS", "QUNFA_BASE_URL")


@pytest.fixture(autouse=True)
def no_servers_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process have put into the environment would be taken for servers of somebody else's."""
    for name in SERVERS:
        monkeypatch.delenv(name, raising=False)
