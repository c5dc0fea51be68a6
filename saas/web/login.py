"""Signing in and out of a browser: limited, outside every tenant, with a fresh session each time."""

from __future__ import annotations

import hashlib

import structlog
from flask import Flask, Response, current_app, g, request, session
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage

from saas.kernel.errors import TooMany, Unauthenticated
from saas.kernel.redis_server import limiter_storage
from saas.tenants import sessions
from saas.tenants.actor import Actor
from saas.web.identity import session_cookie_name

log = structlog.get_logger("web")
BY_ADDRESS = "20 per minute; 200 per hour"
BY_EMAIL = "10 per 5 minutes; 40 per hour"
WITHOUT_REDIS = 4
"""Without the shared count every web process counts alone: each try then counts fourfold."""


def register(app: Flask, redis_url: str) -> None:
    """Count tries in Redis, in memory while Redis is away, never not at all."""
    storage, options = limiter_storage(redis_url)
    app.extensions["sign_in_limiter"] = Limiter(
        get_remote_address,
        app=app,
        storage_uri=storage,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1, **options},
        in_memory_fallback_enabled=True,
        swallow_errors=False,
        key_prefix="qunfa",
    )
    app.after_request(_hand_out)


def sign_in_browser(email: str, password: str) -> Actor:
    """Open a session for this browser, outside every scope. Unauthenticated (the same for whatever was wrong), TooMany."""
    _count(email)
    try:
        fresh = sessions.sign_in(email, password, request.user_agent.string, request.remote_addr or "")
    except Unauthenticated:
        log.warning("sign_in_refused", address=request.remote_addr)
        raise
    _end_old_session()
    g.fresh_session = fresh.secret
    return fresh.actor


def sign_out_browser() -> None:
    """End this browser's session, on the server too. Outside every scope."""
    _end_old_session()
    g.fresh_session = ""


def _end_old_session() -> None:
    """The page's token changes with who is signed in, like the session."""
    if secret := request.cookies.get(session_cookie_name()):
        sessions.sign_out(secret)
    session.clear()
    g.pop("csrf_token", None)


def _count(email: str) -> None:
    limiter: Limiter = current_app.extensions["sign_in_limiter"]
    name = hashlib.sha256(email.strip().lower().encode()).hexdigest()

    def cost() -> int:
        return WITHOUT_REDIS if isinstance(limiter.limiter.storage, MemoryStorage) else 1

    try:
        with limiter.shared_limit(BY_ADDRESS, scope="sign-in address", key_func=get_remote_address, cost=cost):
            pass
        with limiter.shared_limit(BY_EMAIL, scope="sign-in e-mail", key_func=lambda: name, cost=cost):
            pass
    except RateLimitExceeded as error:
        raise TooMany(error.limit.limit.get_expiry() if error.limit else 60) from error


def _hand_out(response: Response) -> Response:
    secret = g.pop("fresh_session", None)
    name, secure = session_cookie_name(), bool(current_app.config["SESSION_COOKIE_SECURE"])
    if secret:
        age = int(sessions.LONGEST.total_seconds())
        response.set_cookie(name, secret, max_age=age, secure=secure, httponly=True, samesite="Lax", path="/")
    elif secret is not None:
        response.delete_cookie(name, secure=secure, httponly=True, samesite="Lax", path="/")
    return response
