"""The dashboard: today at a glance, as the start page shows it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from saas.reports.dashboard.service import dashboard
from saas.tenants.actor import Actor
from saas.web.api.alerts import AlertItem
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("dashboard", "/dashboard", "Today at a glance")


class HeadsItem(Strict):
    """People, or groups."""

    intended = fields.Integer()
    delivered = fields.Integer()
    failed = fields.Integer()
    unknown_ = fields.Integer(attribute="unknown", data_key="unknown")
    skipped = fields.Integer()
    awaiting = fields.Integer()
    in_progress = fields.Integer()


class GoingItem(Strict):
    """A campaign of today."""

    id = fields.Integer()
    name = fields.String()
    state = fields.String()
    due_at = fields.AwareDateTime()
    accounts = fields.Integer()
    finished = fields.Integer()


class SendsBox(Strict):
    """Today's sends: a campaign on an account each."""

    planned = fields.Integer()
    going = fields.Integer()
    done = fields.Integer()
    failed = fields.Integer()
    people = fields.Nested(HeadsItem)
    groups = fields.Nested(HeadsItem)
    campaigns = fields.List(fields.Nested(GoingItem))


class CapNearItem(Strict):
    """A cap of which little or nothing is left."""

    account = fields.String()
    name = fields.String()
    client = fields.String()
    channel = fields.String()
    rule = fields.String()
    title = Words()
    taken = fields.Integer()
    amount = fields.Integer()
    full = fields.Boolean()
    resets_at = fields.AwareDateTime()


class CapsBox(Strict):
    """Caps without room, and nearly."""

    full = fields.Integer()
    near = fields.Integer()
    listed = fields.List(fields.Nested(CapNearItem))


class TroubledItem(Strict):
    """An account that does not send; ``why``: broken, off, stopped or risk."""

    account = fields.String()
    name = fields.String()
    client = fields.String()
    channel = fields.String()
    why = fields.String()
    told = Words()


class TroublesBox(Strict):
    """Accounts that do not send, each counted once."""

    count = fields.Integer()
    broken = fields.Integer()
    off = fields.Integer()
    stopped = fields.Integer()
    risk = fields.Integer()
    listed = fields.List(fields.Nested(TroubledItem))


class WaitsBox(Strict):
    """What waits for people."""

    mine = fields.Integer()
    reviews = fields.Integer()
    confirmations = fields.Integer()
    confirm_people = fields.Integer()
    confirm_by = fields.AwareDateTime(allow_none=True)
    unknowns = fields.Integer()
    unknown_people = fields.Integer()
    unknown_since = fields.AwareDateTime(allow_none=True)


class DashboardItem(Strict):
    """Everything at a glance; ``test`` says what makes a figure unusual."""

    day = fields.Date()
    zone = fields.String()
    at = fields.AwareDateTime()
    sends = fields.Nested(SendsBox)
    caps = fields.Nested(CapsBox)
    troubles = fields.Nested(TroublesBox)
    waits = fields.Nested(WaitsBox)
    unusual = fields.List(fields.Nested(AlertItem))
    alerts = fields.List(fields.Nested(AlertItem))
    alerts_open = fields.Integer()
    test = Words()


@blp.on("GET", "")
@needs("see_accounts")
@blp.gives(200, DashboardItem)
def at_a_glance(actor: Actor) -> Any:
    """Today's sends, caps, accounts in trouble, what waits for people, unusual figures and alerts."""
    return dashboard(actor)
