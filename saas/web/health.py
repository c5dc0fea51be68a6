"""Whether the process lives (healthz) and whether it can work (readyz)."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from saas.kernel.database import before_tenant, transaction
from saas.web.doors import open_door

pages = Blueprint("health", __name__)


def register(app: Flask, redis_url: str) -> None:
    """Add both addresses."""
    app.extensions["redis"] = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
    app.register_blueprint(pages)


@pages.get("/healthz")
@open_door
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return jsonify(status="ok")


@pages.get("/readyz")
@open_door
def readyz() -> ResponseReturnValue:
    """PostgreSQL and Redis answer; 503 names what does not."""
    parts = {"postgresql": _postgresql(), "redis": _redis()}
    ready = all(parts.values())
    return jsonify(status="ok" if ready else "unavailable", parts=parts), 200 if ready else 503


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
