"""Taking back, with a look first: what would happen to how many, and what stays on phones."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from saas.delivery.recall import preview, recall
from saas.delivery.stops import stoppable
from saas.delivery.taking_back import FATES
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page
from saas.web.locale import say

NAMES = ("client", "account", "channel", "since")
TONES = {
    "recalled": "ok",
    "taken_down": "warn",
    "stopped": "warn",
    "cancelled": "",
    "in_flight": "info",
    "too_late": "bad",
    "impossible": "bad",
    "all_sent": "bad",
    "unsure": "warn",
    "refused": "bad",
    "unknown": "warn",
    "later": "warn",
}


@console.get("/recalls")
@signed_in
def recalls() -> ResponseReturnValue:
    """What a recall would do now; asks no platform."""
    actor().need("recall")
    campaign, wish = _wish(request.args)
    asked = campaign is not None or any(wish[name] for name in ("client", "account_key", "channel"))
    found = preview(actor(), campaign, **wish) if asked else []
    known = {part.scope: part.names for part in stoppable(actor())}
    return page("recalls.html", campaign=campaign, wish=wish, asked=asked, found=found, known=known, tones=TONES)


@console.post("/recalls")
@signed_in
def recall_now() -> ResponseReturnValue:
    """Take back; one line an account says what became of it."""
    campaign, wish = _wish(request.form)
    for answer in recall(actor(), campaign, **wish):
        told = "、".join(f"{say(FATES[part['fate']])} {part['people']}" for part in answer["parts"]) or say(answer["reason"])
        flash(f"{answer['account']}：{told}", "message" if answer["outcome"] in ("done", "nothing_out") else "warn")
    if campaign is not None:
        return redirect(url_for("console.campaign", campaign_id=campaign), 303)
    return redirect(
        url_for("console.recalls", **{name.removesuffix("_key"): value for name, value in wish.items() if value}), 303
    )


def _wish(given: MultiDict[str, str]) -> tuple[int | None, dict[str, Any]]:
    wish: dict[str, Any] = {name: given.get(name, "").strip() or None for name in NAMES}
    return given.get("campaign", type=int), {"account_key": wish.pop("account"), **wish}
