"""API tokens of the member who asks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import fields, validate

from saas.tenants import tokens
from saas.tenants.actor import Actor
from saas.tenants.views import TokenView
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("tokens", "/tokens", "Tokens for programs")


class TokenItem(Strict):
    """A token without its secret."""

    id = fields.Integer()
    name = fields.String()
    scopes = fields.List(fields.String())
    member_id = fields.Integer()
    expires_at = fields.AwareDateTime()
    revoked = fields.Boolean()
    used_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()


class FreshToken(TokenItem):
    """A new token; ``token`` is shown this once."""

    token = fields.String()


class NewToken(Strict):
    """A token to make."""

    name = fields.String(required=True, validate=validate.Length(1, 100))
    scopes = fields.List(fields.String(validate=validate.OneOf(tokens.SCOPES)), required=True, validate=validate.Length(1, 3))
    days = fields.Integer(load_default=90, validate=validate.Range(1, tokens.MOST_DAYS))


@blp.on("GET", "")
@needs("see")
@blp.gives(200, TokenItem(many=True))
def list_tokens(actor: Actor) -> list[TokenView]:
    """One's own tokens."""
    return tokens.list_tokens(actor)


@blp.on("POST", "")
@needs("see", "session")
@blp.takes(NewToken)
@blp.gives(201, FreshToken)
def add_token(actor: Actor, new: dict[str, Any]) -> dict[str, Any]:
    """Make a token; its secret is in this answer and nowhere else."""
    view, secret = tokens.create_token(actor, new["name"], new["scopes"], new["days"])
    return {**asdict(view), "token": secret}


@blp.on("DELETE", "/<int:token_id>")
@needs("see", "session")
@blp.gives(204)
def revoke_token(actor: Actor, token_id: int) -> None:
    """Revoke a token."""
    tokens.revoke_token(actor, token_id)
