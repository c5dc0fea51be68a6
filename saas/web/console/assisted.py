"""Batches a person sends by hand: the text to copy, the contacts, the ticks. Made for a phone."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.delivery.settling import tick_off
from saas.kernel.errors import Invalid
from saas.reports.handwork import batch, list_batches
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/assisted")
@signed_in
def assisted() -> ResponseReturnValue:
    """The batches that wait for a person."""
    return page("assisted/list.html", batches=list_batches(actor()))


@console.get("/assisted/<int:delivery_id>")
@signed_in
def assisted_batch(delivery_id: int) -> ResponseReturnValue:
    """One batch."""
    return page("assisted/batch.html", batch=batch(actor(), delivery_id))


@console.post("/assisted/<int:delivery_id>")
@signed_in
def tick(delivery_id: int) -> ResponseReturnValue:
    """Record how many contacts of the batch have been done."""
    contacts, done = len(request.form.getlist("contact")), request.form.get("done", "0")
    if not contacts and not (done.isdecimal() and len(done) < 10):
        raise Invalid("out_of_range", ("请填写人数", "say how many, as a number"), field="done")
    ticked = contacts or int(done)
    tick_off(actor(), delivery_id, ticked)
    flash(t("已记下 {count} 人。", "{count} people recorded.", count=ticked))
    return redirect(url_for("console.assisted_batch", delivery_id=delivery_id), 303)
