"""Who am I, and what may I do."""

from __future__ import annotations

from typing import Any

from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped]
from marshmallow import fields, validate

from saas.tenants import service, sessions
from saas.tenants.actor import RIGHTS, ROLE_WORDS, Actor
from saas.tenants.views import SessionView
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs
from saas.web.identity import current_session_id, visitor

blp = Resource("me", "", "The member who asks")


class Me(Strict):
    """The member who asks. ``csrf_token`` goes into the header X-CSRFToken of a browser's unsafe requests."""

    tenant_id = fields.Integer()
    member_id = fields.Integer()
    email = fields.String()
    name = fields.String()
    role = fields.String()
    role_title = Words()
    client_id = fields.Integer(allow_none=True)
    locale = fields.String()
    rights = fields.List(fields.String())
    scopes = fields.List(fields.String(), allow_none=True)
    csrf_token = fields.String(allow_none=True)


class SessionItem(Strict):
    """A signed-in browser of the member."""

    ref = fields.String()
    created_at = fields.AwareDateTime()
    seen_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    agent = fields.String()
    address = fields.String()
    current = fields.Boolean()


class PasswordChange(Strict):
    """The old and the new password."""

    current = fields.String(required=True, load_only=True, validate=validate.Length(max=256))
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=256))


@blp.on("GET", "/me")
@needs("see")
@blp.gives(200, Me)
def me(actor: Actor) -> dict[str, Any]:
    """The member behind the token or the session."""
    who = visitor()
    scopes = sorted(who.scopes) if who and who.scopes is not None else None
    return {
        "tenant_id": actor.tenant_id,
        "member_id": actor.member_id,
        "email": actor.email,
        "name": actor.name,
        "role": actor.role,
        "role_title": ROLE_WORDS[actor.role],
        "client_id": actor.client_id,
        "locale": actor.locale,
        "rights": sorted(right for right in RIGHTS if actor.may(right)),
        "scopes": scopes,
        "csrf_token": generate_csrf() if scopes is None else None,
    }


@blp.on("POST", "/me/password")
@needs("see", "session")
@blp.takes(PasswordChange)
@blp.gives(204)
def change_password(actor: Actor, change: dict[str, str]) -> None:
    """Change one's own password; every other session ends."""
    service.change_own_password(actor, change["current"], change["password"], current_session_id())


@blp.on("GET", "/me/sessions")
@needs("see", "session")
@blp.gives(200, SessionItem(many=True))
def list_sessions(actor: Actor) -> list[SessionView]:
    """One's own open sessions."""
    return sessions.list_sessions(actor, current_session_id())


@blp.on("DELETE", "/me/sessions/<ref>")
@needs("see", "session")
@blp.gives(204)
def end_session(actor: Actor, ref: str) -> None:
    """End one of one's own sessions."""
    sessions.revoke_session(actor, ref)
