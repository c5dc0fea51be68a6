"""People outside who are sent a client's report: asked and removed on the orders' page, and the page where they say yes or no."""

from __future__ import annotations

from flask import flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.kernel.errors import Conflict, Invalid, Problem
from saas.reports.guests import answering, service
from saas.reports.guests.answering import Asked
from saas.reports.ordered import PERIODS
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.console.report_orders import opened, orders_page, unseen
from saas.web.doors import open_door


@console.post("/reports/orders/<int:order_id>/guests")
@signed_in
def invite_guest(order_id: int) -> ResponseReturnValue:
    """Ask one more."""
    actor().need("manage_rules")
    try:
        service.invite_guest(actor(), order_id, request.form.get("email", ""), request.form.get("locale") or "zh")
    except (Invalid, Conflict) as fault:
        return orders_page(fault)
    flash(t("已安排一封确认邮件；对方确认后才会收到报告。", "One mail asks them; reports go out once they have said yes."))
    return redirect(url_for("console.report_orders"), 303)


@console.post("/reports/guests/<int:guest_id>/remove")
@signed_in
def remove_guest(guest_id: int) -> ResponseReturnValue:
    """Nothing more to them, and their links end."""
    service.remove_guest(actor(), guest_id)
    flash(t("已移除，发给对方的链接也已停用。", "Removed; the links they were sent lead nowhere any more."))
    return redirect(url_for("console.report_orders"), 303)


@console.get("/g/<secret>")
@open_door
def guest_page(secret: str) -> ResponseReturnValue:
    """What they are asked; looking decides nothing, as mail scanners look too."""
    return _drawn(secret, opened(lambda: answering.open_key(secret)))


@console.post("/g/<secret>")
@open_door
def guest_answers(secret: str) -> ResponseReturnValue:
    """Their word; a mail program's one click (RFC 8058) is *no more of this*."""
    word = "stop" if request.form.get("List-Unsubscribe") == "One-Click" else request.form.get("word", "")
    return _drawn(secret, opened(lambda: answering.answer(secret, word)))


def _drawn(secret: str, found: Asked | Problem) -> ResponseReturnValue:
    if isinstance(found, Problem):
        return unseen(make_response(*page("preview/gone.html", found.status, fault=found)))
    return unseen(make_response(*page("reports/guest.html", asked=found, periods=PERIODS, secret=secret)))
