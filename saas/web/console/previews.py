"""The preview of a campaign: each account on an iOS and an Android phone, drawn in frames that can do nothing."""

from __future__ import annotations

from functools import partial
from secrets import token_hex

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.channels import registry
from saas.delivery.testers import list_testers
from saas.delivery.try_outs import list_try_outs
from saas.kernel.database import tenant_scope
from saas.reports.preview_links import list_links
from saas.reports.previews import Shown, campaign_preview, picture_of
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page
from saas.web.doors import open_door
from saas.web.phone import Look, frame, read_ticket


@console.get("/campaigns/<int:campaign_id>/preview")
@signed_in
def preview(campaign_id: int) -> ResponseReturnValue:
    """Two phones, the account's screens, and the links that lead here."""
    return preview_page(campaign_id)


@console.get("/campaigns/<int:campaign_id>/preview/<key>")
@signed_in
def preview_frame(campaign_id: int, key: str) -> ResponseReturnValue:
    """One phone, for a frame."""
    return frame(campaign_preview(actor(), campaign_id).account(key), look())


@console.get("/preview/pictures/<ticket>")
@open_door
def preview_picture(ticket: str) -> ResponseReturnValue:
    """A picture of a preview: whoever has its address may see it, for about an hour."""
    tenant, sha256 = read_ticket(ticket)
    with tenant_scope(tenant):
        mime, data = picture_of(tenant, sha256)
    headers = {"Cache-Control": "private, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(data, mimetype=mime, headers={**headers, "X-Robots-Tag": "noindex"})


def preview_page(campaign_id: int, status: int = 200, **more: object) -> ResponseReturnValue:
    """The page of a campaign's preview; ``more`` of what a form on it was answered."""
    found = campaign_preview(actor(), campaign_id)
    shown = found.account(request.args.get("account", ""))
    to = partial(url_for, "console.preview", campaign_id=campaign_id)
    framed = partial(url_for, "console.preview_frame", campaign_id=campaign_id, key=shown.key)
    told = {**_staffs(campaign_id, shown), **more}
    return page("preview/page.html", status, preview=found, shown=shown, look=look(), to=to, frame=framed, **told)


def _staffs(campaign_id: int, shown: Shown) -> dict[str, object]:
    """What only the agency's own members see: links, test sends, testers."""
    if not actor().may("see_accounts"):
        return {"links": None}
    kind = registry().kind(shown.channel, shown.kind)
    tried = [one for one in list_try_outs(actor(), campaign_id) if one.account == shown.key]
    return {
        "links": list_links(actor(), campaign_id), "way": kind.try_out if kind else None, "tried": tried[:20],
        "testers": list_testers(actor(), shown.key), "wish": token_hex(16),
    }  # fmt: skip


def look() -> Look:
    """How the visitor looks at it."""
    return Look.of(request.args.to_dict())
