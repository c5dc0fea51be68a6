"""The kill switch as a page: what is stopped, by whom and why; a stop asked for in so many words."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.delivery.stops import SCOPE_WORDS, list_stops, resume, stop, stoppable
from saas.delivery.tally import Tally
from saas.kernel.errors import Invalid
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.locale import say

CONFIRM = ("停止", "STOP")


@console.get("/stops")
@signed_in
def stops() -> ResponseReturnValue:
    """What is stopped now, the switch, and what was stopped before."""
    found = list_stops(actor())
    held, lifted = [s for s in found if not s.lifted_at], [s for s in found if s.lifted_at]
    return page("stops.html", held=held, lifted=lifted, parts_of=stoppable(actor()), confirm=say(CONFIRM), scopes=SCOPE_WORDS)


@console.post("/stops")
@signed_in
def stop_now() -> ResponseReturnValue:
    """Stop what the form names, once the word is typed."""
    actor().need("recall")
    if request.form.get("confirm", "").strip().upper() not in CONFIRM:
        words = ("没有停止：请输入“停止”确认", "nothing was stopped: type STOP to confirm")
        raise Invalid("not_confirmed", words, field="confirm")
    scope, _, name = request.form.get("what", "").partition(":")
    found = stop(actor(), scope, name, request.form.get("reason", ""))
    flash(_told(found.tally), "warn")
    return redirect(url_for("console.stops"), 303)


@console.post("/stops/resume")
@signed_in
def resume_now() -> ResponseReturnValue:
    """Let it go on."""
    resume(actor(), request.form.get("scope", ""), request.form.get("name", ""), request.form.get("reason", ""))
    flash(t("已恢复：没有过时的会继续发送。", "It goes on: what is not too late is sent."))
    return redirect(url_for("console.stops"), 303)


def _told(tally: Tally) -> str:
    return t(
        "已停止。已发出 {out}，已拦下 {stopped}，在途 {flying}（可能仍会送达）。",
        "Stopped. Already out {out}, held back {stopped}, in flight {flying} (may still land).",
        out=tally.out,
        stopped=tally.stopped,
        flying=tally.in_flight,
    )
