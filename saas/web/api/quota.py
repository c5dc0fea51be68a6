"""The quota ledger: where an account's caps went, and what was sent elsewhere."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import fields, validate

from saas.delivery import quota_explain, quota_external, quota_verify
from saas.kernel.errors import Invalid
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("quota", "", "The quota ledger")


class UseItem(Strict):
    """Units that went out with a campaign."""

    campaign = fields.Integer()
    name = fields.String()
    dispatch = fields.Integer()
    units = fields.Integer()
    since = fields.AwareDateTime()
    until = fields.AwareDateTime()


class HeldItem(Strict):
    """A delivery that holds reserved units."""

    id = fields.Integer()
    target = fields.String()
    state = fields.String()
    code = fields.String()


class HoldItem(Strict):
    """Units that are reserved: of what is being sent, or may have gone out."""

    campaign = fields.Integer()
    name = fields.String()
    dispatch = fields.Integer()
    worker = fields.String()
    units = fields.Integer()
    since = fields.AwareDateTime()
    deliveries = fields.List(fields.Nested(HeldItem))


class OutsideItem(Strict):
    """Units that were sent elsewhere; ``source`` is hand, import or platform."""

    units = fields.Integer()
    at = fields.AwareDateTime()
    noted_at = fields.AwareDateTime()
    source = fields.String()
    reason = fields.String()
    member = fields.String()


class CapExplained(Strict):
    """One cap of the account, or of one recipient or group (``subject``)."""

    rule = fields.String()
    title = Words()
    scope = fields.String()
    subject = fields.String()
    window = fields.String()
    unit = fields.String()
    amount = fields.Integer()
    source = fields.String()
    in_force_from = fields.Date(allow_none=True)
    in_force_until = fields.Date(allow_none=True)
    since = fields.AwareDateTime()
    resets_at = fields.AwareDateTime()
    used = fields.Integer()
    reserved = fields.Integer()
    external = fields.Integer()
    left = fields.Integer()
    next_possible_at = fields.AwareDateTime()
    uses = fields.List(fields.Nested(UseItem))
    holds = fields.List(fields.Nested(HoldItem))
    outside = fields.List(fields.Nested(OutsideItem))


class RuleItem(Strict):
    """A cap in force."""

    rule = fields.String()
    title = Words()
    scope = fields.String()
    window = fields.String()


class QuotaExplained(Strict):
    """Where the units of an account's caps went. ``next_possible_at``: by route."""

    account = fields.String()
    name = fields.String()
    account_id = fields.Integer()
    channel = fields.String()
    kind = fields.String()
    zone = fields.String()
    at = fields.AwareDateTime()
    caps = fields.List(fields.Nested(CapExplained))
    subjects = fields.Dict(keys=fields.String(), values=fields.Integer())
    next_possible_at = fields.Dict(keys=fields.String(), values=fields.AwareDateTime())
    rules = fields.List(fields.Nested(RuleItem))


class ExternalEntry(Strict):
    """What was sent elsewhere; negative units correct an earlier entry. ``at`` without a zone is in the account's."""

    rule = fields.String(required=True, validate=validate.Length(1, 100))
    units = fields.Integer(required=True, strict=True)
    at = fields.DateTime(required=True, format="iso")
    reason = fields.String(required=True, validate=validate.Length(1, 500))
    target = fields.String(load_default="", validate=validate.Length(0, 200))


class ExternalImported(Strict):
    """How many lines of a list were noted, and how many were known already."""

    noted = fields.Integer()
    known = fields.Integer()


class DifferenceItem(Strict):
    """A counter that says something else than its lines."""

    account = fields.String()
    rule = fields.String()
    subject = fields.String()
    starts_at = fields.AwareDateTime()
    counter = fields.String()
    booked = fields.Integer()
    recomputed = fields.Integer()


class Verified(Strict):
    """How many windows were recomputed from the ledger, and every difference."""

    windows = fields.Integer()
    differences = fields.List(fields.Nested(DifferenceItem))


@blp.on("GET", "/accounts/<key>/quota")
@needs("see_accounts")
@blp.gives(200, QuotaExplained)
def explain(actor: Actor, key: str) -> Any:
    """Where each unit of the account's caps went."""
    return quota_explain.explain(actor, key)


@blp.on("POST", "/accounts/<key>/quota")
@needs("manage_accounts", "write")
@blp.takes(ExternalEntry)
@blp.gives(204)
def enter(actor: Actor, entry: dict[str, Any], key: str) -> None:
    """Count what was sent outside the product."""
    quota_external.enter(actor, key, quota_external.External(**entry))


@blp.on("POST", "/quota/import")
@needs("manage_accounts", "write")
@blp.documented(requestBody={"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}})
@blp.gives(200, ExternalImported)
def import_external(actor: Actor) -> Any:
    """Count what a CSV body lists (``text/csv``): account, rule, units, at, reason, and optionally target and ref."""
    if request.mimetype != "text/csv":
        raise Invalid("csv_expected", ("要以 text/csv 发送列表", "send the list as text/csv"), field="Content-Type")
    return quota_external.import_external(actor, request.get_data())


@blp.on("GET", "/quota/verify")
@needs("see_accounts")
@blp.gives(200, Verified)
def verify(actor: Actor) -> Any:
    """Recompute every window from the ledger's lines."""
    return quota_verify.verify(actor)
