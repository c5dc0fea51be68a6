"""Preview links: made and ended on the preview's page, opened by whoever has one without a login, hidden from search engines."""

from __future__ import annotations

from functools import partial

from flask import Response, current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from saas.kernel.database import tenant_scope
from saas.kernel.errors import Invalid, NotFound, Problem, TooMany
from saas.reports.preview_links import LinkedPreview, create_link, open_link, revoke_link
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page
from saas.web.console.previews import look, preview_page
from saas.web.doors import open_door
from saas.web.phone import frame

OPENED = "240 per minute; 4000 per hour"
GUESSED = "20 per minute; 100 per hour"
OUT_OF_SIGHT = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


@console.post("/campaigns/<int:campaign_id>/preview/links")
@signed_in
def make_preview_link(campaign_id: int) -> ResponseReturnValue:
    """A new link; its address is on the answer, this once."""
    actor().need("write")
    form = request.form
    try:
        days = int(form.get("days") or 0)
    except ValueError:
        days = 0
    try:
        _, address = create_link(actor(), campaign_id, days, form.get("client", ""), form.get("note", ""))
    except Invalid as fault:
        return preview_page(campaign_id, fault.status, link_fault=fault)
    return preview_page(campaign_id, 201, fresh=address)


@console.post("/campaigns/<int:campaign_id>/preview/links/<int:link_id>/revoke")
@signed_in
def end_preview_link(campaign_id: int, link_id: int) -> ResponseReturnValue:
    """The link leads nowhere from now on."""
    revoke_link(actor(), campaign_id, link_id)
    return preview_page(campaign_id)


@console.get("/p/<secret>")
@open_door
def open_preview(secret: str) -> ResponseReturnValue:
    """The preview for people without a login."""
    found = _opened(secret, count=True)
    if isinstance(found, Problem):
        return _unseen(make_response(*page("preview/gone.html", found.status, fault=found)))
    with tenant_scope(found.tenant):
        shown = found.preview.account(request.args.get("account", ""))
        to, framed = (partial(url_for, name, secret=secret) for name in ("console.open_preview", "console.open_preview_frame"))
        drawn = page(
            "preview/open.html", preview=found.preview, shown=shown, look=look(), linked=found, to=to,
            frame=partial(framed, key=shown.key),
        )  # fmt: skip
    return _unseen(make_response(*drawn))


@console.get("/p/<secret>/<key>")
@open_door
def open_preview_frame(secret: str, key: str) -> ResponseReturnValue:
    """One phone, for a frame of that page."""
    found = _opened(secret)
    if isinstance(found, Problem):
        raise found
    with tenant_scope(found.tenant):
        return frame(found.preview.account(key), look())


def _opened(secret: str, count: bool = False) -> LinkedPreview | Problem:
    """What the link shows, or why it shows nothing. Both who opens and who guesses are counted by address."""
    limiter: Limiter = current_app.extensions["sign_in_limiter"]
    try:
        with limiter.shared_limit(OPENED, scope="preview opened", key_func=get_remote_address):
            pass
        try:
            return open_link(secret, count)
        except NotFound as fault:
            with limiter.shared_limit(GUESSED, scope="preview guessed", key_func=get_remote_address):
                return fault
    except RateLimitExceeded as error:
        return TooMany(error.limit.limit.get_expiry() if error.limit else 60)


def _unseen(response: Response) -> Response:
    for name, value in OUT_OF_SIGHT.items():
        response.headers[name] = value
    return response
