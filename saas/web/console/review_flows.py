"""The page on which an admin writes how each client's campaigns are reviewed, and members name their substitutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.campaigns.flows import delegate, end_delegation, list_delegations, list_flows, save_flow, signers
from saas.kernel import clock
from saas.kernel.errors import Invalid, Words
from saas.review.stages import KINDS, SIGNING_ROLES, StageRule
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page

ZONE = ZoneInfo("Asia/Shanghai")


@console.get("/reviews/flows")
@signed_in
def review_flows() -> ResponseReturnValue:
    """The agency's flow and those of its clients."""
    return page("reviews/flows.html", flows=list_flows(actor()), signers=signers(actor()), kinds=KINDS, roles=SIGNING_ROLES)


@console.post("/reviews/flows")
@signed_in
def write_flow() -> ResponseReturnValue:
    """Write one of them."""
    actor().need("manage_review")
    form = request.form
    rules = [] if "none" in form else [_rule(kind) for kind in KINDS if kind in form.getlist("kind")]
    if not rules and "none" not in form:
        message: Words = ("至少选一级", "choose at least one stage")
        raise Invalid("bad_flow", message, ("否则就没有第二个人", "else there would be no second person"), "kind")
    save_flow(actor(), form.get("client", type=int), rules, "distinct_people" in form, "reasons" in form)
    flash(t("流程已保存，之后建立的活动按它审核。", "Saved: campaigns that begin from now on go by it."))
    return redirect(url_for("console.review_flows"), 303)


def _rule(kind: str) -> StageRule:
    form = request.form
    who = form.getlist(f"{kind}-who")
    roles = tuple(one for one in who if one in SIGNING_ROLES)
    members = tuple(int(one) for one in who if one.isdecimal())
    if kind == "client":
        roles, members = (), ()
    return StageRule(kind, roles, members, form.get(f"{kind}-hours", 24, type=int), _hours(form.get(f"{kind}-remind", "")))


def _hours(text: str) -> tuple[int, ...]:
    parts: Sequence[str] = text.replace("，", ",").replace("、", ",").replace(" ", ",").split(",")
    return tuple(int(part) if part.isdecimal() else 0 for part in parts if part)


@console.get("/reviews/substitutes")
@signed_in
def substitutes() -> ResponseReturnValue:
    """Who stands in for whom."""
    staff = signers(actor()) if actor().may("see_accounts") else []
    return page("reviews/substitutes.html", lines=list_delegations(actor()), signers=staff, today=_today())


def _today() -> str:
    return clock.now().astimezone(ZONE).date().isoformat()


@console.post("/reviews/substitutes")
@signed_in
def name_substitute() -> ResponseReturnValue:
    """Name one, for whole days."""
    actor().need("sign")
    form = request.form
    first, last = _day(form.get("from", ""), time.min), _day(form.get("until", ""), time(23, 59, 59))
    delegate(actor(), form.get("substitute", ""), first, last, form.get("reason", "").strip())
    flash(t("已委托。代签时会写明代谁签。", "Done. What they sign says in whose name."))
    return redirect(url_for("console.substitutes"), 303)


def _day(text: str, at: time) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), at, ZONE)
    except ValueError:
        raise Invalid("until", ("请选日期", "choose a day"), ("例如 2026-03-20", "such as 2026-03-20"), "until") from None


@console.post("/reviews/substitutes/<int:delegation_id>/end")
@signed_in
def end_substitute(delegation_id: int) -> ResponseReturnValue:
    """It holds no longer."""
    end_delegation(actor(), delegation_id)
    return redirect(url_for("console.substitutes"), 303)
