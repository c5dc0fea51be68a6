"""The page on which an agency chooses which figures a client's people see."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.kernel.errors import Invalid
from saas.reports.definitions import DEFINITIONS, GROUPS
from saas.reports.shown.policy import ALWAYS, CHOICE, PARTS
from saas.reports.shown.service import choose, chosen
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/reports/clients/<int:client_id>/figures")
@signed_in
def client_figures(client_id: int) -> ResponseReturnValue:
    """What the client's people see and what they do not."""
    return _page(client_id)


@console.post("/reports/clients/<int:client_id>/figures")
@signed_in
def choose_client_figures(client_id: int) -> ResponseReturnValue:
    """From now on they see what is ticked."""
    try:
        choose(actor(), client_id, set(CHOICE) - set(request.form.getlist("shown")))
    except Invalid as fault:
        return _page(client_id, fault)
    flash(t("已保存，客户能看到的所有地方都按这个来。", "Kept; it holds wherever the client looks."))
    return redirect(url_for("console.client_figures", client_id=client_id), 303)


def _page(client_id: int, fault: Invalid | None = None) -> ResponseReturnValue:
    now = chosen(actor(), client_id)
    hidden = set(CHOICE) - set(request.form.getlist("shown")) if fault else set(now.hidden)
    groups = {title: [one for one in DEFINITIONS.values() if one.group == group] for group, title in GROUPS.items()}
    return page(
        "reports/figures.html", fault.status if fault else 200, now=now, hidden=hidden, groups=groups, parts_of=PARTS,
        always=ALWAYS, fault=fault,
    )  # fmt: skip
