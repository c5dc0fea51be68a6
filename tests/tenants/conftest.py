"""An application on a fresh database, and an agency with an owner in scope."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from saas.kernel.database import db, tenant_scope
from saas.kernel.settings import sqlalchemy_url
from saas.ops.embedded import Database
from saas.tenants import service
from saas.tenants.actor import Actor

PASSWORD = "seven quiet lanterns drift"


@pytest.fixture(scope="session")
def postgres(new_database: Callable[[], Database]) -> Database:
    """A database of this room's own."""
    return new_database()


@pytest.fixture(scope="session")
def bare(postgres: Database) -> Iterator[Flask]:
    """The rooms without the web: one connection, so that whatever it keeps would show."""
    application = Flask("rooms")
    application.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(postgres.app_url)
    application.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 5}
    db.init_app(application)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def rooms(bare: Flask) -> Iterator[Flask]:
    """Inside the application, outside every tenant."""
    with bare.app_context():
        yield bare


@pytest.fixture
def tenant(rooms: Flask) -> int:
    """A fresh agency."""
    return service.create_tenant("Agency", f"a-{secrets.token_hex(6)}")


@pytest.fixture
def owner(tenant: int) -> Iterator[Actor]:
    """Its owner, in its scope."""
    with tenant_scope(tenant):
        email = f"{secrets.token_hex(6)}@house.test"
        service.create_member(None, email, "Olli", "owner", PASSWORD)
        yield service.member_by_email(email)
