"""Reports that go out by themselves: who gets which, their links, and the page a link opens without a login."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Response, current_app, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from saas.accounts.service import list_clients
from saas.kernel.database import tenant_scope
from saas.kernel.errors import Conflict, Invalid, NotFound, Problem, TooMany
from saas.kernel.settings import settings
from saas.reports import orders
from saas.reports.alerts import ruling
from saas.reports.definitions import DEFINITIONS
from saas.reports.exports import words as said
from saas.reports.exports.paper import cards_of
from saas.reports.guests.policy import STATES
from saas.reports.guests.service import guests_by_order, list_guests
from saas.reports.ordered import PERIODS, words_of
from saas.tenants.service import list_members
from saas.web import downloads
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.console.preview_links import GUESSED, OPENED, OUT_OF_SIGHT
from saas.web.doors import open_door
from saas.web.locale import language

Found = TypeVar("Found")


@console.get("/reports/orders")
@signed_in
def report_orders() -> ResponseReturnValue:
    """Every order, and the links that went out."""
    actor().need("manage_rules")
    return orders_page()


@console.post("/reports/orders")
@signed_in
def order_report() -> ResponseReturnValue:
    """One more."""
    actor().need("manage_rules")
    form = request.form
    try:
        client, members, places = form.get("client", ""), form.getlist("member"), form.getlist("destination")
        guests = form.get("guests", "").replace(",", " ").replace("，", " ").split()
        orders.add_order(
            actor(), form.get("period", ""), [_number(one) for one in members], [_number(one) for one in places],
            _number(client) if client else None, _number(form.get("hour", "")), _number(form.get("link_days", "")),
            guests, form.get("locale") or "zh",
        )  # fmt: skip
    except (Invalid, Conflict) as fault:
        return orders_page(fault)
    flash(t("已安排，下一个周期结束后发出。", "Ordered; it goes out when its next span is over."))
    return redirect(url_for("console.report_orders"), 303)


@console.post("/reports/orders/<int:order_id>/end")
@signed_in
def end_report_order(order_id: int) -> ResponseReturnValue:
    """No more of it."""
    orders.end_order(actor(), order_id)
    flash(t("已停用。", "It is ended."))
    return redirect(url_for("console.report_orders"), 303)


@console.post("/reports/links/<int:link_id>/revoke")
@signed_in
def revoke_report_link(link_id: int) -> ResponseReturnValue:
    """The link leads nowhere from now on."""
    orders.revoke_link(actor(), link_id)
    flash(t("链接已停用。", "The link leads nowhere any more."))
    return redirect(url_for("console.report_orders"), 303)


@console.get("/d/<secret>")
@open_door
def open_report(secret: str) -> ResponseReturnValue:
    """A report for people without a login: one brand, one span, and its files."""
    found = opened(lambda: orders.open_link(secret))
    if isinstance(found, Problem):
        return unseen(make_response(*page("preview/gone.html", found.status, fault=found)))
    with tenant_scope(found.tenant):
        report = orders.linked_report(found)
        if kind := request.args.get("format", ""):
            return unseen(downloads.report(found.actor, report, kind, found.actor.client_id, language()))
        drawn = page(
            "reports/linked.html", report=report, linked=found, cards=cards_of(report), definitions=DEFINITIONS, said=said,
            sources=said.sources, side=1 if language() == "en" else 0, secret=secret,
        )  # fmt: skip
    return unseen(make_response(*drawn))


def orders_page(fault: Problem | None = None) -> ResponseReturnValue:
    """The page, with what was wrong with a form."""
    who = actor()
    return page(
        "reports/orders.html", fault.status if fault else 200, orders=orders.list_orders(who), links=orders.list_links(who),
        periods=PERIODS, words_of=words_of, members=[one for one in list_members(who) if not one.disabled],
        clients=list_clients(who), destinations=ruling.list_destinations(who), fault=fault, mail=bool(settings().smtp),
        guests=guests_by_order(list_guests(who)), guest_states=STATES,
    )  # fmt: skip


def opened(look: Callable[[], Found]) -> Found | Problem:
    """What a link shows, or why nothing. Who opens and who guesses is counted by address."""
    limiter: Limiter = current_app.extensions["sign_in_limiter"]
    try:
        with limiter.shared_limit(OPENED, scope="report opened", key_func=get_remote_address):
            pass
        try:
            return look()
        except NotFound as fault:
            with limiter.shared_limit(GUESSED, scope="report guessed", key_func=get_remote_address):
                return fault
    except RateLimitExceeded as error:
        return TooMany(error.limit.limit.get_expiry() if error.limit else 60)


def unseen(response: Response) -> Response:
    """The same, hidden from search engines and from where its links lead."""
    for name, value in OUT_OF_SIGHT.items():
        response.headers[name] = value
    return response


def _number(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 12):
        raise Invalid("bad_number", (f"“{value[:20]}”不是整数", f"'{value[:20]}' is not a whole number"), ("例如 9", "such as 9"))
    return int(value)
