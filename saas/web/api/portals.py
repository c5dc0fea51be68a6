"""Portals: platform applications over which owners authorise their accounts by a scan."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.accounts.portals import removing, service
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("portals", "/portals", "Connecting accounts by their owners' scan")
STATES = ("none", "fresh", "late")


class PortalItem(Strict):
    """A portal: the addresses to enter at the platform, whether its tickets come, and how many accounts it holds."""

    id = fields.Integer()
    channel = fields.String()
    title = Words()
    name = fields.String()
    events_address = fields.String()
    messages_address = fields.String()
    ticket_at = fields.AwareDateTime(allow_none=True)
    ticket_state = fields.String(validate=validate.OneOf(STATES))
    accounts = fields.Integer()
    withdrawn = fields.Integer(metadata={"description": "accounts whose owners have withdrawn: nothing is sent for them"})


class PortalWish(Strict):
    """A portal, or changes to the one of that name. ``values``: the channel's fields; a secret left out stays as it is."""

    channel = fields.String(required=True, validate=validate.Length(1, 40))
    name = fields.String(required=True, validate=validate.Length(1, 80))
    values = fields.Dict(keys=fields.String(), values=fields.String(validate=validate.Length(max=500)), load_default=dict)


class ScanWish(Strict):
    """For which client an owner is asked; a new name makes a new client."""

    client = fields.String(required=True, validate=validate.Length(1, 80))


class ScanItem(Strict):
    """The platform's page on which the owner scans. The browser comes back to the console, where this member confirms.

    ``back``: where to confirm, when the platform does not send the browser back; else empty.
    """

    url = fields.String()
    client = fields.String()
    portal = fields.String()
    expires_at = fields.AwareDateTime()
    back = fields.String()


@blp.on("GET", "")
@needs("manage_accounts")
@blp.gives(200, PortalItem(many=True))
def list_portals(actor: Actor) -> Any:
    """The agency's portals."""
    return service.list_portals(actor)


@blp.on("POST", "")
@needs("manage_accounts", "write")
@blp.takes(PortalWish)
@blp.gives(201, PortalItem)
def set_up(actor: Actor, wish: dict[str, Any]) -> Any:
    """Set a portal up, or change it. Its addresses are to be entered at the platform."""
    return service.set_up(actor, wish["channel"], wish["name"], wish["values"])


@blp.on("DELETE", "/<int:portal_id>")
@needs("manage_accounts", "write")
@blp.gives(204)
def remove(actor: Actor, portal_id: int) -> None:
    """Remove a portal with its secrets and addresses; 409 ``portal_in_use`` while accounts send over it."""
    removing.remove(actor, portal_id)


@blp.on("POST", "/<int:portal_id>/scans")
@needs("manage_accounts", "write")
@blp.takes(ScanWish)
@blp.gives(201, ScanItem)
def invite(actor: Actor, wish: dict[str, str], portal_id: int) -> Any:
    """Ask the platform for a page to scan on: it works once, for this member."""
    return service.invite(actor, portal_id, wish["client"])
