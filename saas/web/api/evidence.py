"""Evidence: extracts that prove what happened, and whose a head hash is."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from saas.reports.evidence.extract import Wanted, client_of, whose_head
from saas.reports.months import month
from saas.tenants.actor import Actor
from saas.web import downloads
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("evidence", "", "Evidence that is checked offline")
ZIP = {"200": {"description": "The extract", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}


class ClientsPart(Strict):
    """``client``: the name of one client; only its part then."""

    client = fields.String(load_default="", validate=validate.Length(max=200))


class MonthsPart(ClientsPart):
    """The month, as 2026-11."""

    month = fields.String(required=True, validate=validate.Regexp(r"^\d{4}-\d{2}$"))


class AnchorItem(Strict):
    """What a head hash was handed out for: a campaign or a month, of a client or of all."""

    head = fields.String()
    campaign = fields.Integer(allow_none=True)
    month = fields.Date(allow_none=True)
    client = fields.String()
    records = fields.Integer()
    by = fields.String()
    at = fields.AwareDateTime()


@blp.on("GET", "/campaigns/<int:campaign_id>/evidence")
@needs("see")
@blp.takes(ClientsPart, location="query")
@blp.documented(responses=ZIP)
def of_campaign(actor: Actor, query: dict[str, str], campaign_id: int) -> Response:
    """The extract of a campaign: a zip with the records and the program that checks them. Its head is kept."""
    return downloads.evidence(actor, Wanted(campaign_id, client=client_of(actor, query["client"])))


@blp.on("GET", "/evidence")
@needs("see")
@blp.takes(MonthsPart, location="query")
@blp.documented(responses=ZIP)
def of_month(actor: Actor, query: dict[str, str]) -> Response:
    """The extract of every campaign of a month."""
    return downloads.evidence(actor, Wanted(month=month(query["month"]), client=client_of(actor, query["client"])))


@blp.on("GET", "/evidence/<head>")
@needs("see")
@blp.gives(200, AnchorItem(many=True))
def of_head(actor: Actor, head: str) -> Any:
    """What this head hash was handed out for."""
    return whose_head(actor, head)
