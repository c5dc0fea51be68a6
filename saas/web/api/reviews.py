"""Reviews: whose turn it is, what changed, what is said of a campaign, who stands in for whom."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields, validate

from saas.campaigns.amending import FIELDS, amend, amendments
from saas.campaigns.commenting import Place, answer, comment, resolve, threads
from saas.campaigns.links import LONGEST_HOURS, make_link, revoke_link
from saas.campaigns.passing import let_pass
from saas.campaigns.to_sign import list_reviews, remind
from saas.campaigns.versions import changes_of
from saas.delivery.planning import prepare_campaign
from saas.delivery.revising import replaceable
from saas.reports.reviewing import review
from saas.reports.service import campaign_report
from saas.reports.signoff import sign_off
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Empty, Strict
from saas.web.api.report import Report
from saas.web.api.review_items import AmendmentItem, ChangesItem, ReviewItem, ThreadItem, ToSignItem
from saas.web.doors import needs, takes_upload
from saas.web.uploads import uploaded_folder

blp = Resource("reviews", "", "Reviews: who signs what, and what is said of it")


class MineOnly(Strict):
    """``mine``: only what waits for the caller."""

    mine = fields.Boolean(load_default=False)


class SinceVersion(Strict):
    """``since``: the version to compare with; the last that was signed, where none is given."""

    since = fields.Integer(load_default=None, validate=validate.Range(min=1))


class PassWish(Strict):
    """Which findings pass (``key`` of each; none given: every open warning), and why."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    findings = fields.List(fields.String(validate=validate.Regexp("^[0-9a-f]{32}$")), load_default=None)


class Remark(Strict):
    """A comment; with ``account``, ``part`` and ``quote`` at a place of the text."""

    body = fields.String(required=True, validate=validate.Length(1, 4000))
    account = fields.String(load_default="", validate=validate.Length(max=64))
    part = fields.String(load_default="", validate=validate.Length(max=200))
    quote = fields.String(load_default="", validate=validate.Length(max=2000))
    start = fields.Integer(load_default=0, validate=validate.Range(min=0))
    for_client = fields.Boolean(load_default=False)


class ThreadAnswer(Strict):
    """An answer in a thread."""

    body = fields.String(required=True, validate=validate.Length(1, 4000))


class ThreadResolved(Strict):
    """Whether the thread is settled."""

    resolved = fields.Boolean(load_default=True)


class ReviewLinkWish(Strict):
    """Whom the link is for, how long it lives, and of which client where several approve."""

    person = fields.String(required=True, validate=validate.Length(1, 60))
    hours = fields.Integer(load_default=72, validate=validate.Range(1, LONGEST_HOURS))
    client = fields.String(load_default=None, validate=validate.Length(max=200))


class ReviewLinkMade(Strict):
    """The address of a one-time link; it is shown this once."""

    url = fields.String()


class AmendWish(Strict):
    """What was changed on the platform, and how that is known."""

    account = fields.String(required=True, validate=validate.Length(1, 64))
    field = fields.String(required=True, validate=validate.OneOf(list(FIELDS)))
    after = fields.String(required=True, validate=validate.Length(1, 500))
    evidence = fields.String(required=True, validate=validate.Length(1, 2000))
    happened_at = fields.AwareDateTime(load_default=None)
    article = fields.Integer(load_default=1, validate=validate.Range(1, 20))


class ReviewDone(Strict):
    """How many were dealt with, or the number of what was made."""

    count = fields.Integer()
    id = fields.Integer()


@blp.on("GET", "/reviews")
@needs("see")
@blp.takes(MineOnly, location="query")
@blp.gives(200, ToSignItem(many=True))
def list_all(actor: Actor, wish: dict[str, bool]) -> Any:
    """Every stage whose turn it is, the most urgent first."""
    return list_reviews(actor, wish["mine"])


@blp.on("GET", "/campaigns/<int:campaign_id>/review")
@needs("see")
@blp.gives(200, ReviewItem)
def show(actor: Actor, campaign_id: int) -> Any:
    """How the review of a campaign stands."""
    return review(actor, campaign_id)


@blp.on("GET", "/campaigns/<int:campaign_id>/changes")
@needs("see")
@blp.takes(SinceVersion, location="query")
@blp.gives(200, ChangesItem)
def changes(actor: Actor, wish: dict[str, Any], campaign_id: int) -> Any:
    """What changed since the last version that was signed; ``since`` null: this is the first version."""
    return changes_of(actor, campaign_id, wish["since"]) or {"campaign": campaign_id, "since": None}


@blp.on("POST", "/campaigns/<int:campaign_id>/revise")
@takes_upload
@needs("write", "write")
@blp.gives(201, Report)
def revise(actor: Actor, campaign_id: int) -> Any:
    """Put a new version, from a zipped folder (form field ``folder``), in the place of one that has not gone out."""
    replaceable(campaign_id)
    with uploaded_folder(request.files.get("folder")) as path:
        return campaign_report(actor, prepare_campaign(actor, path, revises=campaign_id))


@blp.on("POST", "/campaigns/<int:campaign_id>/pass")
@needs("approve", "send")
@blp.takes(PassWish)
@blp.gives(200, ReviewDone)
def let_warnings_pass(actor: Actor, wish: dict[str, Any], campaign_id: int) -> dict[str, int]:
    """Let warnings pass with a reason; never one's own campaign's, never what blocks."""
    return {"count": let_pass(actor, campaign_id, wish["findings"], wish["reason"])}


@blp.on("POST", "/campaigns/<int:campaign_id>/remind")
@needs("see_accounts", "write")
@blp.takes(Empty, required=False)
@blp.gives(200, ReviewDone)
def remind_signers(actor: Actor, _: dict[str, Any], campaign_id: int) -> dict[str, int]:
    """Remind those whose turn it is."""
    return {"count": remind(actor, campaign_id)}


@blp.on("GET", "/campaigns/<int:campaign_id>/comments")
@needs("see")
@blp.gives(200, ThreadItem(many=True))
def comments(actor: Actor, campaign_id: int) -> Any:
    """Every thread, each where it stands in this version."""
    return threads(actor, campaign_id)


@blp.on("POST", "/campaigns/<int:campaign_id>/comments")
@needs("see", "write")
@blp.takes(Remark)
@blp.gives(201, ReviewDone)
def remark(actor: Actor, wish: dict[str, Any], campaign_id: int) -> dict[str, int]:
    """Begin a thread."""
    place = Place(wish["account"], wish["part"], wish["quote"], wish["start"])
    return {"id": comment(actor, campaign_id, wish["body"], place, wish["for_client"])}


@blp.on("POST", "/comments/<int:comment_id>/answers")
@needs("see", "write")
@blp.takes(ThreadAnswer)
@blp.gives(201, ReviewDone)
def reply(actor: Actor, wish: dict[str, str], comment_id: int) -> dict[str, int]:
    """ThreadAnswer in a thread."""
    return {"id": answer(actor, comment_id, wish["body"])}


@blp.on("POST", "/comments/<int:comment_id>/resolve")
@needs("see", "write")
@blp.takes(ThreadResolved, required=False)
@blp.gives(204)
def settle(actor: Actor, wish: dict[str, bool], comment_id: int) -> None:
    """Settle a thread, or open it again."""
    resolve(actor, comment_id, wish.get("resolved", True))


@blp.on("POST", "/campaigns/<int:campaign_id>/links")
@needs("send", "send")
@blp.takes(ReviewLinkWish)
@blp.gives(201, ReviewLinkMade)
def link(actor: Actor, wish: dict[str, Any], campaign_id: int) -> dict[str, str]:
    """Make a one-time link for a client's person; never by the author."""
    secret = make_link(actor, campaign_id, wish["person"], wish["hours"], wish["client"])
    return {"url": f"{request.host_url.rstrip('/')}/r/{secret}"}


@blp.on("DELETE", "/review-links/<int:link_id>")
@needs("send", "send")
@blp.gives(204)
def revoke(actor: Actor, link_id: int) -> None:
    """The link decides nothing any more."""
    revoke_link(actor, link_id)


@blp.on("GET", "/campaigns/<int:campaign_id>/signoff")
@needs("see_accounts")
def signoff(actor: Actor, campaign_id: int) -> Response:
    """The sign-off sheet, a PDF."""
    return pdf_answer(sign_off(actor, campaign_id))


def pdf_answer(sheet: Any) -> Response:
    """A PDF to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{sheet.name}"'}
    return Response(sheet.content, mimetype="application/pdf", headers=headers)


@blp.on("GET", "/campaigns/<int:campaign_id>/amendments")
@needs("see")
@blp.gives(200, AmendmentItem(many=True))
def list_amendments(actor: Actor, campaign_id: int) -> Any:
    """What was changed on platforms after the send."""
    return amendments(actor, campaign_id)


@blp.on("POST", "/campaigns/<int:campaign_id>/amendments")
@needs("write", "write")
@blp.takes(AmendWish)
@blp.gives(201, ReviewDone)
def note_amendment(actor: Actor, wish: dict[str, Any], campaign_id: int) -> dict[str, int]:
    """Record a title or cover that was changed in the platform's console."""
    return {"id": amend(actor, campaign_id, **wish)}
