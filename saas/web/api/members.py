"""Members of the agency."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.tenants import service
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.views import MemberView
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("members", "/members", "People who may sign in")
ROLE = validate.OneOf(list(ROLE_WORDS))


class MemberItem(Strict):
    """A member."""

    id = fields.Integer()
    email = fields.String()
    name = fields.String()
    role = fields.String()
    role_title = Words(attribute="role_words")
    client_id = fields.Integer(allow_none=True)
    locale = fields.String()
    disabled = fields.Boolean()
    created_at = fields.AwareDateTime()


class NewMember(Strict):
    """A member to add. Client roles name their client."""

    email = fields.String(required=True, validate=validate.Length(max=254))
    name = fields.String(required=True, validate=validate.Length(max=100))
    role = fields.String(required=True, validate=ROLE)
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=256))
    client_id = fields.Integer(load_default=None, allow_none=True)
    locale = fields.String(load_default="zh", validate=validate.OneOf(service.LOCALES))


class MemberChange(Strict):
    """What to change: the role (with its client), the password, or whether the member may come in."""

    role = fields.String(validate=ROLE)
    client_id = fields.Integer(allow_none=True)
    password = fields.String(load_only=True, validate=validate.Length(max=256))
    disabled = fields.Boolean()


@blp.on("GET", "")
@needs("manage_members")
@blp.gives(200, MemberItem(many=True))
def list_members(actor: Actor) -> list[MemberView]:
    """All members."""
    return service.list_members(actor)


@blp.on("POST", "")
@needs("manage_members", "write")
@blp.takes(NewMember)
@blp.gives(201, MemberItem)
def add_member(actor: Actor, new: dict[str, Any]) -> MemberView:
    """Add a member."""
    return service.create_member(actor, **new)


@blp.on("PATCH", "/<int:member_id>")
@needs("manage_members", "write")
@blp.takes(MemberChange)
@blp.gives(200, MemberItem)
def change_member(actor: Actor, change: dict[str, Any], member_id: int) -> MemberView:
    """Change a member's role, password or standing."""
    return service.change_member(actor, member_id, **change)
