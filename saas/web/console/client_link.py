"""What a client's person sees who came by a one-time link: their brand's content, what changed, and two buttons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.campaigns.approving import campaign_for
from saas.campaigns.commenting import Place, threads_of
from saas.campaigns.guest_remarks import remark_by_link
from saas.campaigns.links import STATES, Guest, guest, note_opened, whose_link
from saas.campaigns.reviewing import standing_of
from saas.campaigns.versions import compare, spoken
from saas.delivery.client_word import decide_by_link
from saas.kernel.database import db, tenant_scope
from saas.kernel.errors import Problem
from saas.reports.previews import preview_of
from saas.reports.reviewing import texts_of
from saas.review.texts import segments
from saas.tenants.models import Tenant
from saas.web.console.pages import console, page
from saas.web.doors import open_door
from saas.web.phone import Look, frame


@console.get("/r/<secret>")
@open_door
def client_review(secret: str) -> ResponseReturnValue:
    """The page behind the link; looking at it decides nothing."""
    with _came_by(secret) as who:
        note_opened(who.link)
        return _page(secret, who)


@console.post("/r/<secret>")
@open_door
def client_decides(secret: str) -> ResponseReturnValue:
    """The client's word, once."""
    form = request.form
    with _came_by(secret) as who:
        try:
            decide_by_link(who.link, secret, form.get("digest", ""), form.get("decision") == "approve", form.get("note", ""))
        except Problem as fault:
            return _page(secret, guest(who.link), fault, note=form.get("note", ""))
        return _page(secret, guest(who.link))


@console.post("/r/<secret>/comments")
@open_door
def client_remarks(secret: str) -> ResponseReturnValue:
    """A comment of the client's person, at the words they selected or in a thread; it decides nothing."""
    with _came_by(secret) as who:
        form = request.form
        place = Place(form.get("account", ""), form.get("part", ""), form.get("quote", ""), form.get("start", 0, type=int))
        try:
            said = remark_by_link(who.link, form.get("body", ""), place, form.get("thread", type=int))
        except Problem as fault:
            return _page(secret, guest(who.link), fault, unsaid=form.get("body", ""))
    return redirect(url_for("console.client_review", secret=secret, _anchor=f"c{form.get('thread', said, type=int)}"), 303)


@console.get("/r/<secret>/phone/<key>")
@open_door
def client_phone(secret: str, key: str) -> ResponseReturnValue:
    """One account on a phone, for a frame; of the client's own accounts alone, while the link decides."""
    with _came_by(secret) as who:
        if who.state != "open":
            return _page(secret, who)
        return frame(preview_of(who.campaign, who.client_id).account(key), Look.of(request.args.to_dict()))


@contextmanager
def _came_by(secret: str) -> Iterator[Guest]:
    tenant, link = whose_link(secret)
    with tenant_scope(tenant):
        yield guest(link)


def _page(secret: str, who: Guest, fault: Problem | None = None, **typed: str) -> Response:
    """Everything while the link is open; afterwards only what became of it. ``typed``: what a refused form held."""
    values: dict[str, object] = {"who": who, "fault": fault, "states": STATES, "secret": secret, **typed}
    if who.state == "open":
        values |= _content(secret, who)
    response = make_response(*page("reviews/client.html", fault.status if fault else 200, **values))
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _content(secret: str, who: Guest) -> dict[str, object]:
    campaign = campaign_for(who.campaign)
    preview = preview_of(who.campaign, who.client_id)
    turn = any(stage.stage == who.stage and stage.open for stage in standing_of(campaign))
    agency = db.session.get(Tenant, campaign.tenant_id)
    return {
        "campaign": campaign,
        "agency": agency.name if agency else "",
        "accounts": preview.accounts,
        "texts": texts_of(spoken(campaign.id, who.client_id)),
        "changes": compare(campaign, None, who.client_id),
        "threads": threads_of(campaign, who.client_id),
        "its_turn": turn,
        "segments": segments,
        "frames": {one.key: url_for("console.client_phone", secret=secret, key=one.key) for one in preview.accounts},
    }
