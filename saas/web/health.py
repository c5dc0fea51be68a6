"""Whether the process lives (healthz) and whether it can work (readyz)."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from saas.delivery import alive
from saas.kernel.database import before_tenant, transaction
from saas.kernel.redis_server import connect
from saas.web.doors import open_door

pages = Blueprint("health", __name__)


def register(app: Flask, redis_url: str) -> None:
    """Add both addresses."""
    app.extensions["redis"] = connect(redis_url, socket_timeout=2)
    app.register_blueprint(pages)


@pages.get("/healthz")
@open_door
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return jsonify(status="ok")


@pages.get("/readyz")
@open_door
def readyz() -> ResponseReturnValue:
    """PostgreSQL and Redis answer: 503 names what does not. Pages need no worker and no scheduler, so without them it is 200 and
    ``degraded``: what is released waits until there is one."""
    parts = {"postgresql": _postgresql(), "redis": _redis()}
    ready = all(parts.values())
    heard = _heard() if parts["redis"] else {}
    working = all(heard.get(kind) for kind in alive.KINDS)
    status = "unavailable" if not ready else "ok" if working else "degraded"
    return jsonify(status=status, parts=parts, processes=heard), 200 if ready else 503


def _postgresql() -> bool:
    try:
        with before_tenant(), transaction() as session:
            return bool(session.scalar(text("SELECT 1")))
    except SQLAlchemyError:
        return False


def _redis() -> bool:
    try:
        return bool(current_app.extensions["redis"].ping())
    except RedisError:
        return False


def _heard() -> dict[str, int]:
    """Workers and schedulers by kind; empty when nobody can say."""
    try:
        return alive.present(current_app.extensions["redis"])
    except RedisError:
        return {}
