"""A/B: campaigns marked as variants of one experiment, and what came of it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.reports.experiments import service
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.experiment import ExperimentItem
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("experiments", "/experiments", "Variants of a message, compared by a stated test")


class ExperimentWish(Strict):
    """Whose it is, what is expected, the rate it is judged by, and the campaigns that are its variants A, B, …"""

    client_id = fields.Integer(required=True, strict=True)
    name = fields.String(required=True, validate=validate.Length(max=200))
    hypothesis = fields.String(required=True, validate=validate.Length(max=1000))
    figure = fields.String(load_default="open", validate=validate.OneOf(service.JUDGED_BY))
    campaigns = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(max=20))


class Withdrawal(Strict):
    """Why it is not reported any more."""

    reason = fields.String(required=True, validate=validate.Length(max=400))


@blp.on("GET", "")
@needs("see")
@blp.gives(200, ExperimentItem(many=True))
def list_all(actor: Actor) -> Any:
    """Every experiment; of a client's token its own brand's."""
    return service.list_experiments(actor)


@blp.on("POST", "")
@needs("write", "write")
@blp.takes(ExperimentWish)
@blp.gives(201, ExperimentItem)
def set_up(actor: Actor, wish: dict[str, Any]) -> Any:
    """Mark campaigns as variants of one experiment."""
    return service.set_up(actor, **wish)


@blp.on("GET", "/<int:experiment_id>")
@needs("see")
@blp.gives(200, ExperimentItem)
def one(actor: Actor, experiment_id: int) -> Any:
    """One experiment as it stands now."""
    return service.experiment(actor, experiment_id)


@blp.on("POST", "/<int:experiment_id>/withdraw")
@needs("write", "write")
@blp.takes(Withdrawal)
@blp.gives(204)
def withdraw(actor: Actor, wish: dict[str, str], experiment_id: int) -> None:
    """Report it no more, for a reason."""
    service.withdraw(actor, experiment_id, wish["reason"])
