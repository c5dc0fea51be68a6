"""The database: one scope for the tenant, one way to hold a transaction, one way to act after commit.

Whoever opens a transaction says for which tenant. Without a scope nothing opens (an error, not everybody's rows), and
row-level security stands behind as the second wall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

_NONE = 0
_tenant: ContextVar[int | None] = ContextVar("tenant", default=None)


class NoTenantScope(Exception):
    """A transaction was opened outside ``tenant_scope`` and outside ``before_tenant``: a bug in the caller."""


class Model(DeclarativeBase):
    """What every mapped class inherits; the tables themselves are made by migrations."""

    metadata = MetaData()


db = SQLAlchemy(model_class=Model, disable_autonaming=True)


def current_tenant() -> int:
    """The tenant in scope. Raises NoTenantScope."""
    tenant = _tenant.get()
    if not tenant:
        raise NoTenantScope
    return tenant


def in_scope() -> bool:
    """Whether a tenant is in scope."""
    return bool(_tenant.get())


@contextmanager
def tenant_scope(tenant: int) -> Iterator[None]:
    """Everything inside belongs to this tenant. Scopes do not nest into other tenants."""
    outer = _tenant.get()
    if outer not in (None, _NONE, tenant):
        raise NoTenantScope(f"tenant {tenant} inside tenant {outer}")
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _end_session()
        _tenant.reset(token)


@contextmanager
def before_tenant() -> Iterator[None]:
    """For the few questions asked before a tenant is known (sign-in, callbacks, the scheduler); sees no tenant's rows."""
    token = _tenant.set(_NONE)
    try:
        yield
    finally:
        _end_session()
        _tenant.reset(token)


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed at the end, rolled back on an error; then what ``after_commit`` asked for."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.info.pop("after_commit", None)
        session.rollback()
        raise
    for action in session.info.pop("after_commit", []):
        action()


def after_commit(action: Callable[[], Any]) -> None:
    """Do something (wake a worker) once the running transaction has committed; never when it rolls back."""
    db.session().info.setdefault("after_commit", []).append(action)


def _end_session() -> None:
    """The next scope starts with a fresh identity map: no object of one tenant outlives its scope."""
    if db.session.registry.has():
        db.session.remove()


@event.listens_for(Engine, "handle_error")
def _lost(context: ExceptionContext) -> None:
    """A server that takes no writes any more was replaced: its connections are dropped, the next finds its successor."""
    if isinstance(context.original_exception, ReadOnlySqlTransaction):
        context.is_disconnect = True


@event.listens_for(Session, "after_begin")
def _enter(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    tenant = _tenant.get()
    if tenant is None:
        raise NoTenantScope
    connection.execute(text("SELECT set_config('qunfa.tenant', :tenant, true)"), {"tenant": str(tenant) if tenant else ""})
