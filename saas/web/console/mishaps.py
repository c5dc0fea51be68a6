"""Entering on a campaign's report that it was folded or judged a reprint."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.kernel.errors import Conflict, Invalid
from saas.reports.mishaps.service import enter_mishap, withdraw_mishap
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console
from saas.web.locale import say


@console.post("/campaigns/<int:campaign_id>/incidents")
@signed_in
def enter_incident(campaign_id: int) -> ResponseReturnValue:
    """One more; what is wrong with it is said on the report."""
    form = request.form
    try:
        enter_mishap(actor(), campaign_id, form.get("account", ""), form.get("kind", ""), form.get("note", ""))
        flash(t("已登记，报告中标为人工登记。", "Entered; reports mark it as entered by hand."))
    except (Invalid, Conflict) as fault:
        flash(f"{say(fault.message)} {say(fault.remedy)}", "bad")
    return redirect(url_for("console.campaign_report", campaign_id=campaign_id), 303)


@console.post("/campaigns/<int:campaign_id>/incidents/<int:incident_id>/withdraw")
@signed_in
def withdraw_incident(campaign_id: int, incident_id: int) -> ResponseReturnValue:
    """It was none."""
    withdraw_mishap(actor(), incident_id)
    flash(t("已撤下。", "Withdrawn."))
    return redirect(url_for("console.campaign_report", campaign_id=campaign_id), 303)
