"""A/B: what was compared and what came of it, and marking campaigns as variants."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.service import list_clients
from saas.kernel.errors import Invalid, NotFound, Problem
from saas.reports.definitions import DEFINITIONS
from saas.reports.experiments import service
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/experiments")
@signed_in
def experiments() -> ResponseReturnValue:
    """Every experiment; of a client's user its own brand's."""
    return _page(None)


@console.post("/experiments")
@signed_in
def set_up_experiment() -> ResponseReturnValue:
    """Mark campaigns as its variants."""
    actor().need("write")
    form = request.form
    try:
        campaigns = [
            _number(one) for one in form.get("campaigns", "").replace("，", ",").replace("、", ",").split(",") if one.strip()
        ]
        whose = _number(form.get("client", ""))
        service.set_up(actor(), whose, form.get("name", ""), form.get("hypothesis", ""), form.get("figure", ""), campaigns)
    except (Invalid, NotFound) as fault:
        return _page(fault)
    flash(t("已设定，数字到齐后给出结论。", "Set up; it is judged when its numbers are in."))
    return redirect(url_for("console.experiments"), 303)


@console.post("/experiments/<int:experiment_id>/withdraw")
@signed_in
def withdraw_experiment(experiment_id: int) -> ResponseReturnValue:
    """Report it no more."""
    service.withdraw(actor(), experiment_id, request.form.get("reason", ""))
    flash(t("已撤下，记录仍在审计日志里。", "Withdrawn; that it was is in the audit log."))
    return redirect(url_for("console.experiments"), 303)


def _page(fault: Problem | None) -> ResponseReturnValue:
    who = actor()
    clients = list_clients(who) if who.may("write") else []
    return page(
        "reports/experiments.html", fault.status if fault else 200, experiments=service.list_experiments(who), clients=clients,
        definitions=DEFINITIONS, judged_by=service.JUDGED_BY, fault=fault, told=request.form if fault else {},
    )  # fmt: skip


def _number(written: str) -> int:
    plain = written.strip().removeprefix("#")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 12):
        words = (f"“{plain[:20]}”不是编号", f"'{plain[:20]}' is not a number")
        raise Invalid("bad_number", words, ("例如 12, 13", "such as 12, 13"), "campaigns")
    return int(plain)
