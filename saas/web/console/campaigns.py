"""Pages of campaigns: the list, a campaign live, its report, and every step a person takes with it."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.campaigns import approving
from saas.campaigns.amending import amendments
from saas.campaigns.approving import campaign_for
from saas.campaigns.reviewing import whose_turn
from saas.delivery.release import approve as approve_campaign
from saas.delivery.release import cancel as cancel_campaign
from saas.delivery.release import release as release_campaign
from saas.reports import listing
from saas.reports import service as reports
from saas.reports.definitions import DEFINITIONS
from saas.reports.evidence.extract import anchors
from saas.reports.experiments.service import experiments_of
from saas.reports.exports.words import INCIDENTS
from saas.reports.mishaps.service import KINDS, incidents_of
from saas.reports.periods.service import campaign_in_full
from saas.reports.report import CampaignReport
from saas.reports.reviewing import stages_of
from saas.reports.sheet import campaign_sheet, picture
from saas.web import downloads
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.locale import language, say

PAGE = 50
MOVING = {"sending", "scheduled", "approved", "waiting"}


@console.get("/campaigns")
@signed_in
def campaigns() -> ResponseReturnValue:
    """The newest campaigns; ``before`` pages back."""
    before = request.args.get("before", type=int)
    rows = listing.list_campaigns(actor(), before=before, limit=PAGE)
    return page("campaigns/list.html", rows=rows, older=rows[-1].id if len(rows) == PAGE else None, before=before)


@console.get("/campaigns/<int:campaign_id>")
@signed_in
def campaign(campaign_id: int) -> ResponseReturnValue:
    """A campaign: how it goes, what it says, who decided."""
    report = reports.campaign_report(actor(), campaign_id)
    sheet = campaign_sheet(actor(), campaign_id) if actor().may("see_accounts") else None
    stages = stages_of(campaign_for(campaign_id)) if sheet else []
    amended = amendments(actor(), campaign_id)
    return page("campaigns/page.html", report=report, sheet=sheet, every=_pace(report), review_stages=stages, amended=amended)


@console.get("/campaigns/<int:campaign_id>/live")
@signed_in
def campaign_live(campaign_id: int) -> ResponseReturnValue:
    """The moving part of a campaign's page; the whole page is loaded anew when the campaign comes to rest."""
    report = reports.campaign_report(actor(), campaign_id)
    response: Response = make_response(*page("campaigns/live.html", report=report, every=_pace(report)))
    if report.state != request.args.get("state") and report.finished:
        response.headers["HX-Refresh"] = "true"
    return response


@console.get("/campaigns/<int:campaign_id>/report")
@signed_in
def campaign_report(campaign_id: int) -> ResponseReturnValue:
    """The report, made for reading and for paper; as a file with ``format``."""
    if kind := request.args.get("format", ""):
        return downloads.report(actor(), campaign_in_full(actor(), campaign_id), kind, actor().client_id, language())
    report = reports.campaign_report(actor(), campaign_id)
    amended = amendments(actor(), campaign_id)
    incidents = incidents_of(actor(), campaign_id)
    compared = experiments_of([campaign_id], actor().client_id, frozenset(report.not_shown))
    return page(
        "campaigns/report.html", report=report, anchors=anchors(actor(), campaign_id, most=3), amended=amended,
        experiments=compared, definitions=DEFINITIONS, incidents=incidents, kinds=KINDS, named=INCIDENTS,
    )  # fmt: skip


@console.post("/campaigns/<int:campaign_id>/approve")
@signed_in
def approve(campaign_id: int) -> ResponseReturnValue:
    """Sign exactly what was seen: the form carries its digest."""
    approve_campaign(actor(), campaign_id, request.form.get("digest", ""), request.form.get("note", "").strip())
    if waits := whose_turn(campaign_id):
        flash(t("已签字，接着等{stage}。", "Signed. Next: {stage}.", stage=say(waits)))
    else:
        flash(t("已批准。现在可以发送。", "Approved. It can be sent now."))
    return _back(campaign_id)


@console.post("/campaigns/<int:campaign_id>/reject")
@signed_in
def reject(campaign_id: int) -> ResponseReturnValue:
    """Send it back to its author with a reason."""
    approving.reject(actor(), campaign_id, request.form.get("digest", ""), request.form.get("note", "").strip())
    flash(t("已退回给作者。", "Sent back to its author."))
    return _back(campaign_id)


@console.post("/campaigns/<int:campaign_id>/send")
@signed_in
def send(campaign_id: int) -> ResponseReturnValue:
    """Let it go."""
    release_campaign(actor(), campaign_id)
    flash(t("已开始发送，进度实时更新。", "Sending has begun; progress is live."))
    return _back(campaign_id)


@console.post("/campaigns/<int:campaign_id>/cancel")
@signed_in
def cancel(campaign_id: int) -> ResponseReturnValue:
    """Stop what has not gone out."""
    cancel_campaign(actor(), campaign_id)
    flash(t("已取消：还没发出的不会再发。", "Cancelled: what has not gone out will not go out."))
    return _back(campaign_id)


@console.get("/media/<sha256>")
@signed_in
def media(sha256: str) -> ResponseReturnValue:
    """A fitted picture; its address is its hash, so a browser may keep it."""
    mime, data = picture(actor(), sha256)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(data, mimetype=mime, headers=headers)


def _pace(report: CampaignReport) -> str:
    """How often the page asks again: every second while people are being reached, slower while it waits, not at all at rest."""
    if report.state == "sending":
        return "1s"
    return "10s" if report.state in MOVING or not report.finished else ""


def _back(campaign_id: int) -> ResponseReturnValue:
    return redirect(url_for("console.campaign", campaign_id=campaign_id), 303)
