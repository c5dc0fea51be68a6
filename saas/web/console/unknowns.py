"""Outcomes nobody knows: a person finds out, says so, and gives the reason."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.delivery.unknowns import list_unknown, settle_unknown
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/unknowns")
@signed_in
def unknowns() -> ResponseReturnValue:
    """Every delivery whose outcome is unknown."""
    actor().need("see_accounts")
    return page("unknowns.html", rows=list_unknown(actor()))


@console.post("/unknowns/<int:delivery_id>")
@signed_in
def settle(delivery_id: int) -> ResponseReturnValue:
    """Record that it went out, or that it did not."""
    settle_unknown(actor(), delivery_id, request.form.get("happened") == "yes", request.form.get("reason", "").strip())
    flash(t("已记录，报告随之更新。", "Recorded; the report follows."))
    return redirect(url_for("console.unknowns"), 303)
