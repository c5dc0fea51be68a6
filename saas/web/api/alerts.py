"""Alerts: what is open, rules, destinations, silences."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.reports.alerts import ruling, service
from saas.reports.alerts.kinds import KINDS, STAFF
from saas.reports.alerts.ruling import RuleView, quiet_words
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Empty, Strict, Words
from saas.web.doors import needs

blp = Resource("alerts", "/alerts", "What somebody must hear of")


class AlertItem(Strict):
    """One alert. ``told``, ``perhaps``, ``failed``, ``waiting``: how many recipients heard of it, may have, did not, will."""

    id = fields.Integer()
    kind = fields.String()
    subject = fields.String()
    title = Words()
    about = Words()
    what = Words()
    client = fields.String()
    path = fields.String()
    since = fields.AwareDateTime()
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    closed_for = fields.String()
    silenced = fields.Boolean()
    told = fields.Integer()
    perhaps = fields.Integer()
    failed = fields.Integer()
    waiting = fields.Integer()


class AlertFilter(Strict):
    """``closed``: what ended in the last seven days instead of what is open."""

    kind = fields.String(load_default=None, validate=validate.OneOf(tuple(KINDS)))
    closed = fields.Boolean(load_default=False)


class AlertRule(Strict):
    """How an agency hears of one kind; ``own``: it has changed the rule. ``destinations`` null: all."""

    kind = fields.String()
    title = Words()
    unit = Words()
    is_on = fields.Boolean()
    threshold = fields.Float()
    roles = fields.List(fields.String())
    destinations = fields.List(fields.Integer(), allow_none=True)
    quiet = fields.String()
    window = fields.Integer()
    tell_end = fields.Boolean()
    own = fields.Boolean()


class AlertRuleWish(Strict):
    """What to change of a rule; what is not given stays. ``quiet``: ``22:00-08:00``, empty for none."""

    is_on = fields.Boolean()
    threshold = fields.Float()
    roles = fields.List(fields.String(validate=validate.OneOf(STAFF)))
    destinations = fields.List(fields.Integer(), allow_none=True)
    quiet = fields.String(validate=validate.Length(max=20))
    window = fields.Integer(strict=True)
    tell_end = fields.Boolean()


class DestinationItem(Strict):
    """A robot or webhook; the address is not given again."""

    id = fields.Integer()
    kind = fields.String()
    name = fields.String()
    host = fields.String()
    locale = fields.String()
    named_only = fields.Boolean()
    at = fields.AwareDateTime()
    by = fields.String()


class DestinationMade(DestinationItem):
    """The same, with what signs: this once."""

    secret = fields.String()


class DestinationWish(Strict):
    """``kind`` robot or webhook; ``secret`` of a webhook is made where none is given; ``named_only``: for rules that name it."""

    kind = fields.String(required=True, validate=validate.OneOf(("robot", "webhook")))
    name = fields.String(required=True, validate=validate.Length(1, 80))
    address = fields.String(required=True, validate=validate.Length(1, 2000))
    secret = fields.String(load_default="", validate=validate.Length(max=200))
    locale = fields.String(load_default="zh", validate=validate.OneOf(("zh", "en")))
    named_only = fields.Boolean(load_default=False)


class AlertTried(Strict):
    """What became of a trial: told, perhaps, or not (``no``, ``again``) with a ``fault``."""

    outcome = fields.String(attribute="word")
    fault = fields.String()


class SilenceItem(Strict):
    """What nobody hears of, until when, and why."""

    id = fields.Integer()
    kind = fields.String()
    subject = fields.String()
    client = fields.String()
    reason = fields.String()
    until_at = fields.AwareDateTime()
    by = fields.String()
    at = fields.AwareDateTime()


class SilenceWish(Strict):
    """Empty ``kind``: every kind; empty ``subject``: every one of it."""

    hours = fields.Float(required=True)
    reason = fields.String(required=True, validate=validate.Length(1, 500))
    kind = fields.String(load_default="", validate=validate.Length(max=32))
    subject = fields.String(load_default="", validate=validate.Length(max=200))
    client_id = fields.Integer(load_default=None, allow_none=True, strict=True)


def _rule(view: RuleView) -> dict[str, Any]:
    own = {name: getattr(view.rule, name) for name in ("is_on", "threshold", "roles", "destinations", "window", "tell_end")}
    return {
        "kind": view.kind.name,
        "title": view.kind.title,
        "unit": view.kind.unit,
        "quiet": quiet_words(view.rule.quiet),
        "own": view.own,
        **own,
    }


@blp.on("GET", "")
@needs("see_accounts")
@blp.takes(AlertFilter, location="query")
@blp.gives(200, AlertItem(many=True))
def list_all(actor: Actor, query: dict[str, Any]) -> Any:
    """What is open, the newest first; or what ended."""
    return service.list_alerts(actor, query["kind"], query["closed"])


@blp.on("GET", "/rules")
@needs("see_accounts")
@blp.gives(200, AlertRule(many=True))
def rules(actor: Actor) -> Any:
    """Every kind with its rule."""
    return [_rule(view) for view in ruling.list_rules(actor)]


@blp.on("PUT", "/rules/<kind>")
@needs("manage_rules", "write")
@blp.takes(AlertRuleWish)
@blp.gives(200, AlertRule)
def change_rule(actor: Actor, wish: dict[str, Any], kind: str) -> Any:
    """Change a rule; what is not given stays as it is."""
    rule = ruling.changed(ruling.rule_for(actor, kind), wish)
    return _rule(ruling.save_rule(actor, kind, rule))


@blp.on("GET", "/destinations")
@needs("see_accounts")
@blp.gives(200, DestinationItem(many=True))
def destinations(actor: Actor) -> Any:
    """Where robots and webhooks are."""
    return ruling.list_destinations(actor)


@blp.on("POST", "/destinations")
@needs("manage_rules", "write")
@blp.takes(DestinationWish)
@blp.gives(201, DestinationMade)
def add_destination(actor: Actor, wish: dict[str, Any]) -> Any:
    """A robot or webhook more; its secret is given this once."""
    made, secret = ruling.add_destination(actor, **wish)
    return {name: getattr(made, name) for name in made.__slots__} | {"secret": secret}


@blp.on("DELETE", "/destinations/<int:destination_id>")
@needs("manage_rules", "write")
@blp.gives(204)
def remove_destination(actor: Actor, destination_id: int) -> None:
    """Nothing goes there any more."""
    ruling.remove_destination(actor, destination_id)


@blp.on("POST", "/destinations/<int:destination_id>/test")
@needs("manage_rules", "write")
@blp.takes(Empty, required=False)
@blp.gives(200, AlertTried)
def try_it(actor: Actor, body: dict[str, Any], destination_id: int) -> Any:
    """Send a trial message there."""
    return ruling.try_destination(actor, destination_id)


@blp.on("GET", "/silences")
@needs("see_accounts")
@blp.gives(200, SilenceItem(many=True))
def silences(actor: Actor) -> Any:
    """What is silenced now."""
    return service.list_silences(actor)


@blp.on("POST", "/silences")
@needs("send", "write")
@blp.takes(SilenceWish)
@blp.gives(201, SilenceItem)
def silence(actor: Actor, wish: dict[str, Any]) -> Any:
    """Let nobody hear of it for some hours."""
    return service.silence(actor, **wish)


@blp.on("DELETE", "/silences/<int:silence_id>")
@needs("send", "write")
@blp.gives(204)
def end_silence(actor: Actor, silence_id: int) -> None:
    """Let it be heard of again."""
    service.end_silence(actor, silence_id)
