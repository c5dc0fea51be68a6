"""How campaigns are reviewed, and who signs for whom."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.campaigns.flows import client_named, delegate, end_delegation, list_delegations, list_flows, save_flow
from saas.review.stages import KINDS, MOST_HOURS, SIGNING_ROLES, StageRule
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("review_flows", "/review", "Review flows and delegations")
HOURS = validate.Range(1, MOST_HOURS)


class StageRuleItem(Strict):
    """A stage of a flow: who signs it, within how many hours, and when they are reminded."""

    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    roles = fields.List(fields.String(validate=validate.OneOf(SIGNING_ROLES)), load_default=list)
    members = fields.List(fields.Integer(), load_default=list)
    hours = fields.Integer(load_default=24, validate=HOURS)
    remind = fields.List(fields.Integer(validate=HOURS), load_default=list)


class FlowItem(Strict):
    """The flow of a client ("": the agency's own); no stages: the client goes by the agency's."""

    client = fields.String(load_default="", validate=validate.Length(max=200))
    stages = fields.List(fields.Nested(StageRuleItem), required=True, validate=validate.Length(max=4))
    distinct_people = fields.Boolean(load_default=True)
    reasons = fields.Boolean(load_default=True)


class DelegationWish(Strict):
    """Who signs in whose name (one's own, where no ``member`` is given), from when until when."""

    substitute = fields.Email(required=True)
    from_at = fields.AwareDateTime(required=True)
    until_at = fields.AwareDateTime(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=500))
    member = fields.Email(load_default=None)


class DelegationItem(Strict):
    """Somebody signs in somebody's name for a time."""

    id = fields.Integer()
    member = fields.String()
    substitute = fields.String()
    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime()
    reason = fields.String()


class DelegationMade(Strict):
    """The number of a new delegation."""

    id = fields.Integer()


@blp.on("GET", "/flows")
@needs("see_accounts")
@blp.gives(200, FlowItem(many=True))
def flows(actor: Actor) -> Any:
    """The agency's flow and those of its clients."""
    return [
        {
            "client": name,
            "stages": [rule.to_json() for rule in flow.stages],
            "distinct_people": flow.distinct_people,
            "reasons": flow.reasons,
        }
        for name, flow in list_flows(actor)
    ]


@blp.on("PUT", "/flows")
@needs("manage_review", "write")
@blp.takes(FlowItem)
@blp.gives(204)
def write_flow(actor: Actor, wish: dict[str, Any]) -> None:
    """Write the flow of a client, or of the agency; campaigns that begin afterwards go by it."""
    rules = [StageRule.from_json(stage) for stage in wish["stages"]]
    save_flow(actor, client_named(wish["client"]), rules, wish["distinct_people"], wish["reasons"])


@blp.on("GET", "/delegations")
@needs("sign")
@blp.gives(200, DelegationItem(many=True))
def delegations(actor: Actor) -> Any:
    """Who stands in for whom, now or later."""
    return list_delegations(actor)


@blp.on("POST", "/delegations")
@needs("sign", "write")
@blp.takes(DelegationWish)
@blp.gives(201, DelegationMade)
def make_delegation(actor: Actor, wish: dict[str, Any]) -> dict[str, int]:
    """Name a substitute for a time."""
    return {"id": delegate(actor, wish.pop("substitute"), **wish)}


@blp.on("DELETE", "/delegations/<int:delegation_id>")
@needs("sign", "write")
@blp.gives(204)
def end(actor: Actor, delegation_id: int) -> None:
    """It holds no longer."""
    end_delegation(actor, delegation_id)
