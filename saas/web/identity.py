"""Who asks: a browser by its opaque session cookie, or a program by its bearer token. flask-login carries it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Request, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user  # type: ignore[import-untyped]

from saas.tenants.actor import Actor
from saas.tenants.sessions import actor_of_session
from saas.tenants.tokens import actor_of_token


@dataclass(frozen=True, slots=True, eq=False)
class Visitor(UserMixin):  # type: ignore[misc]  # flask-login is not typed
    """Who was recognised. ``scopes`` is None for a browser; ``session_id`` is empty for a token."""

    actor: Actor
    session_id: str = ""
    scopes: frozenset[str] | None = None

    def get_id(self) -> str:
        """flask-login's name for the member; kept nowhere."""
        return f"{self.actor.tenant_id}:{self.actor.member_id}"


def register(app: Flask) -> None:
    """Teach flask-login to recognise visitors by request only: its own signed cookie is never used."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.request_loader(_recognise)


def visitor() -> Visitor | None:
    """Who asks, or None. Asked for the first time outside every tenant's scope."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def actor() -> Actor | None:
    """The member who asks, or None."""
    found = visitor()
    return found.actor if found else None


def recognised() -> Visitor | None:
    """The same without asking the database: for error pages and logs."""
    found = g.get("_login_user")
    return found if isinstance(found, Visitor) else None


def current_session_id() -> str:
    """The id of the browser's session; empty for tokens and strangers."""
    found = visitor()
    return found.session_id if found else ""


def session_cookie_name() -> str:
    """The opaque session cookie's name; browsers accept ``__Host-`` names over https only."""
    return "__Host-qunfa" if current_app.config["SESSION_COOKIE_SECURE"] else "qunfa"


def bearer() -> str | None:
    """The token of the Authorization header of a call to the API; nowhere else is one accepted."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and is_api() else None


def is_api() -> bool:
    """Whether the request is for the API."""
    return request.path.startswith("/api/")


def _recognise(asked: Request) -> Visitor | None:
    token = bearer()
    if token is not None:
        known = actor_of_token(token)
        return Visitor(known.actor, scopes=known.scopes) if known else None
    secret = asked.cookies.get(session_cookie_name(), "")
    found = actor_of_session(secret) if secret else None
    return Visitor(*found) if found else None
