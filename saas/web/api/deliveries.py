"""What only a person can say: outcomes nobody knows, and work done by hand."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.delivery.set_aside import send_again
from saas.delivery.settling import settle_unknown, tick_off
from saas.delivery.unknowns import list_unknown
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Page, Strict, Words, paged
from saas.web.doors import needs

blp = Resource("deliveries", "", "Outcomes a person decides")


class UnknownItem(Strict):
    """A delivery whose outcome nobody knows."""

    id = fields.Integer()
    campaign_id = fields.Integer(attribute="campaign")
    campaign = fields.String(attribute="campaign_name")
    account = fields.String()
    channel = fields.String()
    kind = fields.String()
    says = fields.String(metadata={"description": "what was asked to be sent, in a line"})
    target = fields.String()
    people = fields.Integer()
    unknown_ = fields.Integer(attribute="unknown", data_key="unknown")
    unit = fields.String(metadata={"description": "person or group"})
    state = fields.String()
    started_at = fields.AwareDateTime(attribute="since", allow_none=True)
    attempts = fields.Integer()
    code = fields.String()
    reason = fields.String(metadata={"description": "what the platform or the worker said"})
    receipt = fields.Dict()
    lookups = fields.Integer()
    looked_at = fields.AwareDateTime(allow_none=True)
    looked = fields.String(metadata={"description": "what the last lookup brought"})
    asks_again_at = fields.AwareDateTime(allow_none=True)
    holds_quota = fields.Boolean()
    if_happened = Words()
    if_not = Words()


class Settlement(Strict):
    """What really happened, and how one knows."""

    happened = fields.Boolean(required=True)
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    alike = fields.Boolean(load_default=False, metadata={"description": "the same for all of its campaign on its account"})


class Again(Strict):
    """Why it may be sent again: how one knows that it did not go out."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class Tick(Strict):
    """How many of the batch are done."""

    done = fields.Integer(required=True, validate=validate.Range(0, 10_000))


@blp.on("GET", "/unknowns")
@needs("see_accounts")
@blp.takes(Page, location="query")
@blp.gives(200, paged(UnknownItem))
def list_all(actor: Actor, page: dict[str, Any]) -> Any:
    """Deliveries whose outcome nobody knows, oldest first."""
    rows = list_unknown(actor, page["limit"], page["cursor"] or 0)
    return {"items": rows, "next": rows[-1].id if len(rows) == page["limit"] else None}


@blp.on("POST", "/unknowns/<int:delivery_id>/settle")
@needs("settle", "send")
@blp.takes(Settlement)
@blp.gives(204)
def settle(actor: Actor, settlement: dict[str, Any], delivery_id: int) -> None:
    """Say what happened; it is never sent again by itself."""
    settle_unknown(actor, delivery_id, settlement["happened"], settlement["reason"], settlement["alike"])


@blp.on("POST", "/unknowns/<int:delivery_id>/again")
@needs("settle", "send")
@blp.takes(Again)
@blp.gives(204)
def again(actor: Actor, why: dict[str, str], delivery_id: int) -> None:
    """Send one again that was set aside after three lost workers: one more chance, alone."""
    send_again(actor, delivery_id, why["reason"])


@blp.on("POST", "/deliveries/<int:delivery_id>/tick")
@needs("send", "send")
@blp.takes(Tick)
@blp.gives(204)
def tick(actor: Actor, done: dict[str, int], delivery_id: int) -> None:
    """Record what a person has done by hand."""
    tick_off(actor, delivery_id, done["done"])
