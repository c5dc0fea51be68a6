"""Alert rules of one client: its own threshold, people and places."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.reports.alerts import client_rules
from saas.reports.alerts.client_rules import FOR_CLIENTS, Wish
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("alert_client_rules", "/alerts/client-rules", "Alert rules of one client")


class ClientRuleItem(Strict):
    """One rule. Empty ``accounts``: all of the client's; ``instead``: the agency's own rule does not hold there."""

    id = fields.Integer()
    kind = fields.String()
    title = Words()
    unit = Words()
    client_id = fields.Integer()
    client = fields.String()
    accounts = fields.List(fields.String())
    threshold = fields.Float()
    members = fields.List(fields.Integer())
    destinations = fields.List(fields.Integer())
    quiet = fields.String()
    window = fields.Integer()
    tell_end = fields.Boolean()
    instead = fields.Boolean()
    by = fields.String()
    at = fields.AwareDateTime()


class ClientRuleWish(Strict):
    """What is looked for, of whom, who hears of it. ``accounts`` by key; what is not given of a rule is as its kind begins."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(FOR_CLIENTS)))
    client_id = fields.Integer(required=True, strict=True)
    accounts = fields.List(fields.String(validate=validate.Length(1, 200)), load_default=[], validate=validate.Length(max=200))
    members = fields.List(fields.Integer(strict=True), load_default=[], validate=validate.Length(max=100))
    destinations = fields.List(fields.Integer(strict=True), load_default=[], validate=validate.Length(max=50))
    threshold = fields.Float(load_default=None, allow_none=True)
    quiet = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    window = fields.Integer(load_default=None, allow_none=True, strict=True)
    tell_end = fields.Boolean(load_default=False)
    instead = fields.Boolean(load_default=False)


@blp.on("GET", "")
@needs("see_accounts")
@blp.gives(200, ClientRuleItem(many=True))
def list_all(actor: Actor) -> Any:
    """Those that stand, by client."""
    return client_rules.list_client_rules(actor)


@blp.on("POST", "")
@needs("manage_rules", "write")
@blp.takes(ClientRuleWish)
@blp.gives(201, ClientRuleItem)
def add(actor: Actor, wish: dict[str, Any]) -> Any:
    """One more; it is looked for from now on."""
    return client_rules.add_client_rule(actor, Wish(**wish))


@blp.on("DELETE", "/<int:rule_id>")
@needs("manage_rules", "write")
@blp.gives(204)
def end(actor: Actor, rule_id: int) -> None:
    """No more of it."""
    client_rules.end_client_rule(actor, rule_id)
