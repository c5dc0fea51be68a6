"""The product inside the bench's own process: an application context in the bench's tenant, as services have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from bench.stage import TENANT, Stage
from saas.kernel.database import db, tenant_scope
from saas.kernel.settings import sqlalchemy_url


@contextmanager
def inside(place: Stage) -> Iterator[None]:
    """Services may be called within."""
    app = Flask("bench")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(place.database_url)
    db.init_app(app)
    with app.app_context():
        try:
            with tenant_scope(TENANT):
                yield
        finally:
            db.engine.dispose()
