"""What waits for people, by client and account: who must do what until when, and a button to remind them. Made for a phone."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from saas.delivery.waiting import by_client_and_account, count_waiting, list_waiting, remind
from saas.kernel.errors import NotFound
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page, when
from saas.web.locale import say


@console.get("/waiting")
@signed_in
def waiting() -> ResponseReturnValue:
    """Everything that waits."""
    items = list_waiting(actor())
    people = sum(item.people for item in items)
    more = count_waiting(actor()) - len(items)
    return page("waiting.html", more=more, groups=by_client_and_account(items), items=items, people=people)


@console.post("/waiting/<int:delivery_id>/remind")
@signed_in
def remind_one(delivery_id: int) -> ResponseReturnValue:
    """Remind the people of one delivery."""
    (told,) = remind(actor(), [delivery_id])
    if told.outcome == "not_there":
        raise NotFound(("投递", "delivery"))
    words = say(told.reason)
    if told.free_at:
        words = t("{words}，{when} 可再提醒", "{words}; again {when}", words=words, when=when(told.free_at, named=False))
    left = t("还可提醒 {left} 次", "{left} reminders left", left=told.left)
    flash(t("{words}（{left}）", "{words} ({left})", words=words, left=left), "message" if told.happened else "warn")
    return redirect(url_for("console.waiting") + f"#d{delivery_id}", 303)
