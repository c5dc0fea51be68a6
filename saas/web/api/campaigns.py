"""Campaigns: check, hand in, approve, send, recall, report."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, request
from marshmallow import fields, validate

from saas.campaigns.approving import reject
from saas.channels.platform import Finding
from saas.delivery.from_library import check_from_library, prepare_from_library
from saas.delivery.planning import check_folder, prepare_campaign
from saas.delivery.recall import preview, recall
from saas.delivery.release import approve, cancel, release
from saas.reports.deliveries import list_deliveries
from saas.reports.listing import list_campaigns
from saas.reports.service import campaign_report
from saas.tenants.actor import Actor
from saas.web.api import quick
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Empty, Page, Strict, Words, paged
from saas.web.api.made_of import DOCUMENTED, asked_of_items
from saas.web.api.recalls import RecallItem, RecallWish
from saas.web.api.report import CampaignItem, DeliveryItem, Report
from saas.web.doors import needs, takes_upload
from saas.web.uploads import uploaded_folder

blp = Resource("campaigns", "/campaigns", "Campaigns, from folder to report")
FOLDER: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["folder"],
                    "properties": {"folder": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
FOLDER_OR_ITEMS = {"requestBody": {**FOLDER["requestBody"], "content": {**FOLDER["requestBody"]["content"], **DOCUMENTED}}}


class FindingItem(Strict):
    """What a check found: the rule, where, and what to do."""

    rule = fields.String()
    severity = fields.String()
    where = fields.String()
    line = fields.Integer()
    message = Words()
    remedy = Words()
    marks = fields.List(fields.List(fields.Integer()))
    source = fields.String()
    quotes = fields.List(fields.List(fields.String()))


class Checked(Strict):
    """The findings; ``blocked`` when one of them stops the send."""

    blocked = fields.Boolean()
    findings = fields.List(fields.Nested(FindingItem))


class Decision(Strict):
    """``digest`` is what the person saw; it must still be what the campaign says."""

    digest = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{64}$"))
    note = fields.String(load_default="", validate=validate.Length(max=2000))


@blp.on("GET", "")
@needs("see")
@blp.takes(Page, location="query")
@blp.gives(200, paged(CampaignItem))
def list_all(actor: Actor, page: dict[str, Any]) -> Response:
    """Campaigns, the newest first."""
    return quick.page(CampaignItem, list_campaigns(actor, page["cursor"], page["limit"]), page["limit"], lambda row: row.id)


@blp.on("POST", "")
@takes_upload
@needs("write", "write")
@blp.documented(**FOLDER_OR_ITEMS)
@blp.gives(201, Report)
def hand_in(actor: Actor) -> Any:
    """Make a campaign of a zipped folder, or of library items (JSON); 422 lists every fault of it."""
    if asked := asked_of_items():
        return campaign_report(actor, prepare_from_library(actor, *asked))
    with uploaded_folder(request.files.get("folder")) as path:
        return campaign_report(actor, prepare_campaign(actor, path))


@blp.on("POST", "/check")
@takes_upload
@needs("write", "write")
@blp.documented(**FOLDER_OR_ITEMS)
@blp.gives(200, Checked)
def check(actor: Actor) -> dict[str, Any]:
    """Every fault of a zipped folder, or of such a campaign of library items; nothing is stored."""
    if asked := asked_of_items():
        return _told(check_from_library(actor, *asked))
    with uploaded_folder(request.files.get("folder")) as path:
        return _told(check_folder(actor, path))


def _told(findings: list[Finding]) -> dict[str, Any]:
    return {"blocked": any(f.severity == "block" for f in findings), "findings": [asdict(f) for f in findings]}


@blp.on("GET", "/<int:campaign_id>")
@needs("see")
@blp.gives(200, Report)
def show(actor: Actor, campaign_id: int) -> Any:
    """The report of a campaign."""
    return campaign_report(actor, campaign_id)


@blp.on("POST", "/<int:campaign_id>/approve")
@needs("sign", "send")
@blp.takes(Decision)
@blp.gives(200, Report)
def approve_it(actor: Actor, decision: dict[str, str], campaign_id: int) -> Any:
    """Sign the stage whose turn it is, of exactly what the digest says; never one's own."""
    approve(actor, campaign_id, decision["digest"], decision["note"])
    return campaign_report(actor, campaign_id)


@blp.on("POST", "/<int:campaign_id>/reject")
@needs("sign", "send")
@blp.takes(Decision)
@blp.gives(200, Report)
def reject_it(actor: Actor, decision: dict[str, str], campaign_id: int) -> Any:
    """Send a campaign back, with the reason."""
    reject(actor, campaign_id, decision["digest"], decision["note"])
    return campaign_report(actor, campaign_id)


@blp.on("POST", "/<int:campaign_id>/send")
@needs("send", "send")
@blp.takes(Empty, required=False)
@blp.gives(202, Report)
def send(actor: Actor, _: dict[str, Any], campaign_id: int) -> Any:
    """Start sending an approved campaign; watch its report."""
    release(actor, campaign_id)
    return campaign_report(actor, campaign_id)


@blp.on("POST", "/<int:campaign_id>/cancel")
@needs("send", "send")
@blp.takes(Empty, required=False)
@blp.gives(202, Report)
def cancel_it(actor: Actor, _: dict[str, Any], campaign_id: int) -> Any:
    """Stop what has not gone out yet."""
    cancel(actor, campaign_id)
    return campaign_report(actor, campaign_id)


@blp.on("POST", "/<int:campaign_id>/recall")
@needs("recall", "send")
@blp.takes(RecallWish)
@blp.gives(202, RecallItem(many=True))
def recall_it(actor: Actor, wish: dict[str, Any], campaign_id: int) -> Any:
    """Take back what the platforms still allow."""
    return recall(actor, campaign_id, wish["account"])


@blp.on("GET", "/<int:campaign_id>/recall")
@needs("recall")
@blp.gives(200, RecallItem(many=True))
def foresee(actor: Actor, campaign_id: int) -> Any:
    """What a recall would do now, and what would stay on phones; asks no platform."""
    return preview(actor, campaign_id)


@blp.on("GET", "/<int:campaign_id>/deliveries")
@needs("see")
@blp.takes(Page, location="query")
@blp.gives(200, paged(DeliveryItem))
def deliveries(actor: Actor, page: dict[str, Any], campaign_id: int) -> Response:
    """Every delivery of a campaign, in order."""
    rows = list_deliveries(actor, campaign_id, page["cursor"] or 0, page["limit"])
    return quick.page(DeliveryItem, rows, page["limit"], lambda row: row.id)
