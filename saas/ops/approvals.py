"""The rounds of applications to platforms' approvals, in a thread beside the scheduler: nothing that sends waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import structlog

FIRST: Final = 5.0
"""Seconds after the start: nothing that sends waits for what the rounds import."""
EVERY: Final = 3.0
IDLE: Final = 15.0
"""While no agency holds a stage anywhere."""
PAUSE_AFTER_TROUBLE: Final = 10.0
LEAVE: Final = 3.0
log = structlog.get_logger()


@contextmanager
def approvals_beside(stopped: threading.Event) -> Iterator[None]:
    """Go rounds until ``stopped``; an application on its way then is looked for by whoever goes the next round."""
    thread = threading.Thread(target=_go, args=(stopped,), name="approvals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(LEAVE)


def _go(stopped: threading.Event) -> None:
    pause, rounds = FIRST, Rounds()
    while not stopped.wait(pause):
        try:
            rounds.go()
            pause = IDLE if rounds.idle else EVERY
        except Exception as fault:
            log.warning("approvals wait", fault=type(fault).__name__)
            pause = PAUSE_AFTER_TROUBLE


class Rounds:
    """One process's rounds. Where no agency holds a stage anywhere, they cost one question."""

    def __init__(self) -> None:
        self._visit: Callable[[int], int] | None = None
        self.idle = False

    def go(self) -> int:
        """One round over the agencies that hold stages; how many applications were looked at."""
        tenants = _tenants()
        self.idle = not tenants
        if self.idle:
            return 0
        self._visit = self._visit or _visitor()
        return sum(self._visit(tenant) for tenant in tenants)


def _tenants() -> list[int]:
    from saas.kernel.pool import LINE
    from saas.kernel.settings import settings

    with psycopg.connect(settings().database_url, autocommit=True, **LINE) as connection:
        return [row[0] for row in connection.execute("SELECT tenant_id FROM tenants_with_approvals()").fetchall()]


def _visitor() -> Callable[[int], int]:
    from flask import Flask
    from sqlalchemy import NullPool

    from saas.delivery.approvals.rounds import visit
    from saas.kernel.database import db, tenant_scope
    from saas.kernel.settings import settings, sqlalchemy_url

    app = Flask("approvals")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": NullPool, "hide_parameters": True}
    db.init_app(app)

    def go(tenant: int) -> int:
        with app.app_context(), tenant_scope(tenant):
            return visit()

    return go
