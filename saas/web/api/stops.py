"""The kill switch: stop, let go on, list."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.delivery.stops import SCOPES, list_stops, resume, stop
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("stops", "/stops", "Stopping everything, or a part of it, at once")


class StopItem(Strict):
    """Something that is stopped, or was: what, why, by whom and when."""

    id = fields.Integer()
    scope = fields.String()
    subject = fields.String()
    reason = fields.String()
    by = fields.String()
    at = fields.AwareDateTime()
    lifted_at = fields.AwareDateTime(allow_none=True)
    lifted_by = fields.String()
    lifted_for = fields.String()


class TallyItem(Strict):
    """What the stop found, in people (or groups)."""

    out = fields.Integer(metadata={"description": "platforms have taken them on"})
    stopped = fields.Integer(metadata={"description": "not sent, and held back"})
    in_flight = fields.Integer(metadata={"description": "calls on their way that may still land"})
    unknown_ = fields.Integer(attribute="unknown", data_key="unknown")
    accounts = fields.Integer()


class Stopped(Strict):
    """The stop and what it found."""

    stop = fields.Nested(StopItem)
    tally = fields.Nested(TallyItem)


class Target(Strict):
    """What is meant. ``name``: the client's name, the account's key, the channel's or plugin's name; nothing for the agency."""

    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    name = fields.String(load_default="", validate=validate.Length(max=200))


class StopWish(Target):
    """What to stop, and why."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class ResumeWish(Target):
    """What may go on."""

    reason = fields.String(load_default="", validate=validate.Length(max=2000))


@blp.on("GET", "")
@needs("see_accounts")
@blp.gives(200, StopItem(many=True))
def list_all(actor: Actor) -> Any:
    """What is stopped, then what was."""
    return list_stops(actor)


@blp.on("POST", "")
@needs("recall", "send")
@blp.takes(StopWish)
@blp.gives(201, Stopped)
def stop_it(actor: Actor, wish: dict[str, str]) -> Any:
    """Stop it now. No call begins later than two seconds after; the answer comes once workers have heard of it."""
    return stop(actor, wish["scope"], wish["name"], wish["reason"])


@blp.on("POST", "/resume")
@needs("settle", "send")
@blp.takes(ResumeWish)
@blp.gives(200, StopItem)
def resume_it(actor: Actor, wish: dict[str, str]) -> Any:
    """Let it go on: what is due and not too late is sent, the rest is missed."""
    return resume(actor, wish["scope"], wish["name"], wish["reason"])
