"""Test sends on the preview's page: to a registered tester, once for each press, whatever is reloaded."""

from __future__ import annotations

from secrets import token_hex

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.delivery.testers import add_tester, remove_tester
from saas.delivery.try_outs import Tried, try_out
from saas.kernel.errors import Problem
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console
from saas.web.locale import say


@console.post("/campaigns/<int:campaign_id>/preview/<key>/sends")
@signed_in
def send_preview(campaign_id: int, key: str) -> ResponseReturnValue:
    """Show it to one tester. The form names its wish: the same form twice is sent once."""
    wish = request.form.get("request", "")[:200] or token_hex(16)
    try:
        told = try_out(actor(), campaign_id, key, request.form.get("to", ""), wish)
    except Problem as fault:
        if fault.status in (403, 404):
            raise
        flash(say(fault.message), "bad")
    else:
        _tell(told)
    return _back(campaign_id, key)


@console.post("/campaigns/<int:campaign_id>/preview/<key>/testers")
@signed_in
def change_testers(campaign_id: int, key: str) -> ResponseReturnValue:
    """Register somebody, or take somebody off the list."""
    form = request.form
    try:
        if form.get("remove"):
            remove_tester(actor(), key, form["remove"])
        else:
            add_tester(actor(), key, form.get("person", ""), form.get("name", ""))
    except Problem as fault:
        if fault.status in (403, 404):
            raise
        flash(say(fault.message), "bad")
    return _back(campaign_id, key)


def _tell(told: Tried) -> None:
    who = told.name or told.person
    if told.state == "done":
        flash(t("已发给 {who}，请在手机上查看。", "Sent to {who}: look at the phone.", who=who))
    elif told.state == "refused":
        flash(t("没有发出：{why}", "Not sent: {why}", why=say(told.reason)), "bad")
    else:
        flash(
            t("结果不明：{why}。不会自动重发。", "Unknown: {why}. It is not sent again by itself.", why=say(told.reason)), "warn"
        )


def _back(campaign_id: int, key: str) -> ResponseReturnValue:
    return redirect(url_for("console.preview", campaign_id=campaign_id, account=key, _anchor="tries"), 303)
