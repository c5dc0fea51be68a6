"""Where a command runs: on the stack that is running in its home, or on one that it starts for its own time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from saas.cli.saying import locale, say
from saas.kernel.database import before_tenant, db, tenant_scope
from saas.kernel.errors import Invalid
from saas.kernel.schema import is_current
from saas.kernel.settings import settings, sqlalchemy_url
from saas.ops.demo.seeding import demo_email, seed, tenants
from saas.ops.home import home
from saas.ops.running import Running
from saas.tenants.actor import Actor
from saas.tenants.service import member_by_email

DEMO_SIGNERS = ("reviewer", "admin", "owner")
_own: list[Any] = []
"""The stack this command has started, while it runs."""


def prepare(running: Running) -> None:
    """Bring the schema up to date, as its owner."""
    if running.owner_url and not is_current(running.owner_url):
        from saas.kernel.migrate import upgrade  # takes its time; most starts do not need it

        upgrade(running.owner_url)


def seed_demo(running: Running) -> None:
    """Make the demo agency where there is no agency yet, and connect its accounts to the rehearsal servers."""
    os.environ.update(running.environment())
    with database():
        seed(Path(running.home), running.simulators)


@contextmanager
def database() -> Iterator[None]:
    """An application context for services, as the application's own role."""
    app = Flask("saas")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 2, "hide_parameters": True}
    db.init_app(app)
    with app.app_context():
        try:
            yield
        finally:
            db.engine.dispose()


@contextmanager
def stack() -> Iterator[Running]:
    """The running stack of this home, or one started for the length of the block."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL") and os.environ.get("QUNFA_SECRET_KEY"):
        yield _environment()
        return
    from saas.ops.stack import Stack  # brings the servers along

    running = Stack.find(home())
    if running is not None:
        os.environ.update(running.environment())
        yield running
        return
    say("正在启动（第一次需要几秒）……", "starting (a few seconds the first time) …")
    with Stack(home(), prepare=prepare, seed=seed_demo) as started:
        _own.append(started)
        try:
            yield started.running
        finally:
            _own.remove(started)


def tend() -> None:
    """While a command waits on a stack of its own: what died there is started again. Elsewhere nothing."""
    for started in _own:
        started.tend()


def _environment() -> Running:
    """The addresses of an installation whose servers are somebody else's."""
    known = settings()
    return Running(str(known.home), known.base_url, known.database_url, known.redis_url, known.simulators)


@contextmanager
def acting(email: str | None, role: str, tenant: str | None) -> Iterator[Actor]:
    """A member at work, spoken to as the shell speaks: the named one, or in the demo agency the one of that role."""
    with database():
        tenant_id, is_demo = _tenant(tenant)
        if email is None and not is_demo:
            raise Invalid("member_missing", ("请用 --as 指明成员邮箱", "name a member with --as EMAIL"), field="--as")
        with tenant_scope(tenant_id):
            yield replace(member_by_email(email or demo_email(role)), locale=locale())


def demo_signers() -> list[Actor]:
    """Who signs in the demo agency: its seeded members, the reviewer first; nobody where the tenant in scope is another."""
    row = db.session.execute(text("SELECT demo FROM tenants")).first()
    if row is None or not row.demo:
        return []
    seeded = set(db.session.execute(text("SELECT email FROM members WHERE disabled_at IS NULL")).scalars())
    return [member_by_email(demo_email(role)) for role in DEMO_SIGNERS if demo_email(role) in seeded]


def _tenant(slug: str | None) -> tuple[int, bool]:
    with before_tenant():
        known = tenants()
    found = [(id, demo) for id, name, demo in known if slug in (None, name)]
    if len(found) != 1:
        names = ", ".join(name for _, name, _ in known) or "-"
        message = ("请用 --tenant 指明机构", "name the agency with --tenant")
        raise Invalid("tenant_missing", message, (f"现有：{names}", f"there are: {names}"), "--tenant")
    return found[0]
