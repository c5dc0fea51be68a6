"""A process that tells what is to be told of one agency: tenant, mail server. Whoever it calls kills it."""

from __future__ import annotations

import sys

import psycopg

from saas.kernel import clock
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from saas.reports.alerts.telling import Post, tell


def main(tenant: str, smtp: str) -> None:
    """One round of telling."""
    post = Post(smtp, "qunfa@house.test", "https://qunfa.test", True, Sealer(settings().encryption_keys))
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        tell(connection, int(tenant), clock.now, post)


main(*sys.argv[1:])
