"""Taking back what went out for a client, on an account or a channel, whatever the campaign."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.delivery.recall import preview, recall
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("recalls", "/recalls", "Taking back")


class RecallWish(Strict):
    """What to take back: all of the campaign, or one account's."""

    account = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))


class WideWish(Strict):
    """What to take back: what went out ``since`` (2h, 1d, a time; 24 hours) for a client, on an account, on a channel."""

    client = fields.String(load_default=None, validate=validate.Length(max=200))
    account = fields.String(load_default=None, validate=validate.Length(max=64))
    channel = fields.String(load_default=None, validate=validate.Length(max=64))
    since = fields.String(load_default=None, validate=validate.Length(max=40))
    dry_run = fields.Boolean(load_default=False, metadata={"description": "say what would happen; ask no platform"})


class RecallPart(Strict):
    """Deliveries that share a fate, and what stays on phones."""

    fate = fields.String()
    words = Words()
    remains = Words()
    deliveries = fields.Integer()
    people = fields.Integer()


class RecallDelivery(Strict):
    """One delivery."""

    id = fields.Integer()
    target = fields.String()
    people = fields.Integer()
    fate = fields.String()
    reason = Words()


class RecallItem(Strict):
    """What became of a recall on one account."""

    campaign = fields.Integer()
    account = fields.String()
    outcome = fields.String()
    kind = fields.String()
    deliveries = fields.Integer()
    reason = Words()
    parts = fields.List(fields.Nested(RecallPart))
    items = fields.List(fields.Nested(RecallDelivery), metadata={"description": "at most 1 000"})


@blp.on("POST", "")
@needs("recall", "send")
@blp.takes(WideWish)
@blp.gives(202, RecallItem(many=True))
def recall_it(actor: Actor, wish: dict[str, Any]) -> Any:
    """Take back what the platforms still allow; what is due is cancelled."""
    dry_run, account = wish.pop("dry_run"), wish.pop("account")
    return (preview if dry_run else recall)(actor, None, account, **wish)
