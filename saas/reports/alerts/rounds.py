"""The rounds over all agencies: look, then tell. Any number of processes may go them: a lock and the outbox keep them apart."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

import psycopg
import structlog

from saas.kernel import clock
from saas.kernel.pool import LINE
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import Settings, settings
from saas.reports.alerts.opening import kinds_due, look
from saas.reports.alerts.telling import Post, tell, within

EVERY: Final = 10.0
PAUSE_AFTER_TROUBLE: Final = 5.0
log = structlog.get_logger()


def post_of(known: Settings) -> Post:
    """The ways out of this installation."""
    return Post(known.smtp, known.mail_from, known.base_url, bool(known.simulators), sealer_with(known.encryption_keys))


class Rounds:
    """One process's rounds; remembers when it looked for what."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._seen: dict[int, dict[str, float]] = defaultdict(dict)

    def go(self, connection: psycopg.Connection[Any]) -> int:
        """One round over every agency; how many messages went out. The connection is in autocommit."""
        tenants = [row[0] for row in connection.execute("SELECT id FROM all_tenants()").fetchall()]
        return sum(self.visit(connection, tenant) for tenant in tenants)

    def visit(self, connection: psycopg.Connection[Any], tenant: int) -> int:
        """Look at one agency and tell what is to be told."""
        seen, at = self._seen[tenant], time.monotonic()
        kinds = kinds_due(seen, at)
        with within(connection, tenant):
            if look(connection, kinds, clock.now(), bool(self._post.smtp)):
                seen.update((kind.name, at) for kind in kinds)
        return tell(connection, tenant, clock.now, self._post)


def run(stopping: Callable[[float], bool]) -> None:
    """Go rounds until ``stopping`` (which waits so many seconds) says so; whatever goes wrong is logged, and tried again."""
    rounds = Rounds(post_of(settings()))
    while not stopping(PAUSE_AFTER_TROUBLE):
        try:
            with psycopg.connect(settings().database_url, autocommit=True, **LINE) as connection:
                rounds.go(connection)
                while not stopping(EVERY):
                    rounds.go(connection)
                return
        except (psycopg.OperationalError, OSError) as error:
            log.warning("alerts wait", fault=type(error).__name__)
        except Exception:
            log.exception("alerts stumbled")
