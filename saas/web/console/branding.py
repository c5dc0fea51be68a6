"""The page on which an agency sets how its reports, or a client's, look."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.service import list_clients
from saas.kernel.errors import Invalid
from saas.reports.exports.branding import COLOUR, own_branding, set_branding
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/reports/branding")
@signed_in
def reports_branding() -> ResponseReturnValue:
    """Logo, colour and foot line, of the agency or of the client that is chosen."""
    return _page()


@console.post("/reports/branding")
@signed_in
def set_reports_branding() -> ResponseReturnValue:
    """Set them."""
    actor().need("manage_accounts")
    upload = request.files.get("logo")
    data = upload.read() if upload and upload.filename else None
    logo = b"" if request.form.get("no_logo") else data
    try:
        set_branding(actor(), _client(), request.form.get("colour", ""), request.form.get("footer", "").strip(), logo)
    except Invalid as fault:
        return _page(fault)
    flash(t("已保存，之后生成的报告都用它。", "Kept; every report made from now on uses it."))
    return redirect(url_for("console.reports_branding", client=_client()), 303)


@console.get("/reports/branding/logo")
@signed_in
def reports_logo() -> ResponseReturnValue:
    """The logo that is set, as a picture."""
    return Response(own_branding(actor(), _client()).logo, mimetype="image/png")


def _client() -> int | None:
    return request.values.get("client", type=int) or None


def _page(fault: Invalid | None = None) -> ResponseReturnValue:
    own = own_branding(actor(), _client())
    status = fault.status if fault else 200
    about = {"own": own, "usual": COLOUR, "has_logo": bool(own.logo), "clients": list_clients(actor()), "client": _client()}
    return page("reports/branding.html", status, fault=fault, **about)
