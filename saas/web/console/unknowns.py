"""Outcomes nobody knows: a person finds out, says so, and gives the reason."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.delivery.set_aside import CODE, send_again
from saas.delivery.settling import settle_unknown
from saas.delivery.unknowns import count_alike, count_unknown, list_unknown
from saas.kernel.errors import Invalid
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/unknowns")
@signed_in
def unknowns() -> ResponseReturnValue:
    """Every delivery whose outcome is unknown."""
    actor().need("see_accounts")
    rows = list_unknown(actor())
    more = count_unknown(actor()) - len(rows)
    return page("unknowns.html", rows=rows, more=more, alike=count_alike(actor()), set_aside=CODE)


@console.post("/unknowns/<int:delivery_id>")
@signed_in
def settle(delivery_id: int) -> ResponseReturnValue:
    """Record that it went out, or that it did not; or send again what was set aside."""
    happened, reason = request.form.get("happened"), request.form.get("reason", "").strip()
    if happened == "again":
        send_again(actor(), delivery_id, reason)
        flash(t("已记录，这一条会单独再发一次。", "Recorded; it is sent again, alone."))
    elif happened not in ("yes", "no"):
        words = ("请选择：已发出，或没有发出", "choose: it went out, or it did not")
        raise Invalid("happened_missing", words, ("按下其中一个按钮", "press one of the buttons"), "happened")
    else:
        settle_unknown(actor(), delivery_id, happened == "yes", reason, request.form.get("alike") == "yes")
        flash(t("已记录，报告随之更新。", "Recorded; the report follows."))
    return redirect(url_for("console.unknowns"), 303)
