"""The page on which an admin says that a stage is held in a platform's approval and who is who there; steps with applications."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.service import list_clients
from saas.campaigns.holding import apply_again, take_back
from saas.delivery.approvals.setting import (
    FORMS,
    SAYS_WORDS,
    approving_accounts,
    form_of,
    hold,
    let_go,
    list_holds,
    list_people,
    name_person,
    proposed,
)
from saas.kernel.errors import Problem
from saas.review.stages import KINDS
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/reviews/holds")
@signed_in
def review_holds() -> ResponseReturnValue:
    """What is held, who is who; with ``account`` and ``template`` the template's controls, to say what stands in which."""
    asked, fault, form = request.args, None, None
    who = actor()
    who.need("see_accounts")
    if asked.get("template") and who.may("manage_review"):
        try:
            form = form_of(who, asked.get("account", ""), asked["template"])
        except Problem as refused:
            fault = refused
    shown = {"holds": list_holds(who), "people": list_people(who), "accounts": approving_accounts(), "clients": list_clients(who)}
    asks = {"form": form, "fault": fault, "asked": asked, "proposed": proposed(form) if form else {}}
    words = {"kinds": KINDS, "says": SAYS_WORDS, "fits": FORMS}
    return page("reviews/holds.html", fault.status if fault else 200, **shown, **asks, **words)


@console.post("/reviews/holds")
@signed_in
def hold_stage() -> ResponseReturnValue:
    """A stage is held from now on, or signed here again."""
    actor().need("manage_review")
    form = request.form
    client, kind = form.get("client", type=int), form.get("kind", "")
    if "end" in form:
        let_go(actor(), client, kind)
        flash(t("之后建立的活动，这一级在这里签。", "Campaigns that begin from now on have this stage signed here."))
        return redirect(url_for("console.review_holds"), 303)
    places = {name.removeprefix("place-"): said for name, said in form.items() if name.startswith("place-") and said}
    applicant, own_flow = form.get("applicant", ""), form.get("flow") == "own"
    hold(actor(), client, kind, form.get("account", ""), form.get("template", ""), places, applicant, own_flow)
    flash(
        t("已保存，之后建立的活动这一级在平台上审批。", "Saved: campaigns that begin from now on have this stage decided there.")
    )
    return redirect(url_for("console.review_holds"), 303)


@console.post("/reviews/holds/people")
@signed_in
def name_approver() -> ResponseReturnValue:
    """What a member is called on an account's platform."""
    actor().need("sign")
    form = request.form
    name_person(actor(), form.get("account", ""), form.get("member", ""), form.get("person", ""))
    flash(t("已登记。", "Noted."))
    return redirect(url_for("console.review_holds"), 303)


@console.post("/campaigns/<int:campaign_id>/applications/<int:application_id>/again")
@signed_in
def application_again(campaign_id: int, application_id: int) -> ResponseReturnValue:
    """Ask the platform anew."""
    apply_again(actor(), campaign_id, application_id)
    flash(t("已排队，几秒内重新提交。", "It is submitted again within seconds."))
    return redirect(url_for("console.campaign_review", campaign_id=campaign_id), 303)


@console.post("/campaigns/<int:campaign_id>/applications/<int:application_id>/take-back")
@signed_in
def application_taken_back(campaign_id: int, application_id: int) -> ResponseReturnValue:
    """The stage is signed here instead."""
    take_back(actor(), campaign_id, application_id, request.form.get("reason", ""))
    zh, en = (
        "这一级改为在这里签字。平台上的审批单请申请人自己撤销。",
        "This stage is signed here now; who applied withdraws it there.",
    )
    flash(t(zh, en))
    return redirect(url_for("console.campaign_review", campaign_id=campaign_id), 303)
