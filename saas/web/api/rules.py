"""The rule book: packs, rules of a day, what the agency changed, clients' trades, old campaigns read again."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.channels.passage import TRADES
from saas.delivery.replaying import replay
from saas.review.rulebook.overrides import LONGEST_REASON, Wish, lift, list_overrides, override, set_trades
from saas.review.rulebook.packs import packs, rules_named
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.campaigns import FindingItem
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("rules", "", "Rules of platforms and of law")


class PackItem(Strict):
    """One rule pack; ``version`` names exactly its text."""

    name = fields.String()
    kind = fields.String()
    title = Words()
    version = fields.String()
    rules = fields.Integer()
    source = fields.String()


class OverrideItem(Strict):
    """A rule the agency changed, by whom, when and why."""

    id = fields.Integer()
    pack = fields.String()
    rule = fields.String()
    amount = fields.Integer(allow_none=True)
    severity = fields.String(allow_none=True)
    reason = fields.String()
    by = fields.String()
    at = fields.AwareDateTime()
    until = fields.Date(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    ended_by = fields.String()
    in_force = fields.Boolean()


class Book(Strict):
    """Every pack, and every change: those in force first."""

    packs = fields.List(fields.Nested(PackItem))
    overrides = fields.List(fields.Nested(OverrideItem))


class RuleBookItem(Strict):
    """One entry of a pack, with its dates and source; ``changeable`` names what the agency may change of it."""

    pack = fields.String()
    name = fields.String()
    type = fields.String()
    title = Words()
    value = Words()
    severity = fields.String()
    scope = fields.List(Words())
    source = fields.String()
    grade = fields.String()
    since = fields.Date(allow_none=True)
    until = fields.Date(allow_none=True)
    changeable = fields.String()


class On(Strict):
    """``on``: only what holds that day."""

    on = fields.Date(load_default=None)


class OverrideWish(Strict):
    """What to change; one of ``amount`` and ``severity``."""

    pack = fields.String(required=True, validate=validate.Length(1, 100))
    rule = fields.String(required=True, validate=validate.Length(1, 100))
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_REASON))
    amount = fields.Integer(load_default=None, strict=True)
    severity = fields.String(load_default=None, validate=validate.OneOf(("block", "warn", "note")))
    until = fields.Date(load_default=None)


class TradesWish(Strict):
    """A client by name and all its trades; an empty list clears them."""

    client = fields.String(required=True, validate=validate.Length(1, 200))
    trades = fields.List(fields.String(validate=validate.OneOf(tuple(TRADES))), required=True)


class Replayed(Strict):
    """What the check found, the same texts under the rules of its day (``again``), and what today's rules say otherwise."""

    campaign = fields.Integer()
    checked_at = fields.AwareDateTime()
    day = fields.Date()
    same = fields.Boolean()
    again = fields.List(fields.Nested(FindingItem))
    new = fields.List(fields.Nested(FindingItem))
    gone = fields.List(fields.Nested(FindingItem))
    changed = fields.List(fields.String())
    beyond = fields.Integer()


@blp.on("GET", "/rules")
@needs("see_accounts")
@blp.gives(200, Book)
def book(actor: Actor) -> Any:
    """Every rule pack with its version, and what the agency changed."""
    return {"packs": packs(), "overrides": list_overrides(actor)}


@blp.on("GET", "/rules/<name>")
@needs("see_accounts")
@blp.takes(On, location="query")
@blp.gives(200, RuleBookItem(many=True))
def show(actor: Actor, query: dict[str, Any], name: str) -> Any:
    """The rules of a pack, or every rule of that name; of one day where it is given."""
    return rules_named(name, query["on"])


@blp.on("POST", "/rules/overrides")
@needs("manage_rules", "write")
@blp.takes(OverrideWish)
@blp.gives(201, OverrideItem)
def change(actor: Actor, wish: dict[str, Any]) -> Any:
    """Change a content or compliance rule for the agency; never a cap, a rate or a window."""
    return override(actor, Wish(**wish))


@blp.on("DELETE", "/rules/overrides/<int:override_id>")
@needs("manage_rules", "write")
@blp.gives(200, OverrideItem)
def end(actor: Actor, override_id: int) -> Any:
    """End a change: the pack's own rule holds again."""
    return lift(actor, override_id)


@blp.on("PUT", "/rules/trades")
@needs("manage_rules", "write")
@blp.takes(TradesWish)
@blp.gives(200, TradesWish)
def trades(actor: Actor, wish: dict[str, Any]) -> Any:
    """Say in which trades a client is."""
    return {"client": wish["client"], "trades": list(set_trades(actor, wish["client"], wish["trades"]))}


@blp.on("GET", "/campaigns/<int:campaign_id>/replay")
@needs("see_accounts")
@blp.gives(200, Replayed)
def read_again(actor: Actor, campaign_id: int) -> Any:
    """A campaign's texts under the rules of its own check, and what today's would say otherwise."""
    found = replay(actor, campaign_id)
    return {"same": found.same, "new": found.new, "gone": found.gone} | {
        name: getattr(found, name) for name in ("campaign", "checked_at", "day", "again", "changed", "beyond")
    }
