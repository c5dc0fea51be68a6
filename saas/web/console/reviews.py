"""Pages of reviews: whose turn it is, a campaign's review with everything said of it, and the steps people take there."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.campaigns import commenting
from saas.campaigns.amending import amend
from saas.campaigns.commenting import Place
from saas.campaigns.links import make_link, revoke_link
from saas.campaigns.passing import let_pass
from saas.campaigns.to_sign import list_reviews, remind
from saas.delivery.planning import prepare_campaign
from saas.delivery.revising import replaceable
from saas.kernel.errors import Invalid
from saas.reports.reviewing import review
from saas.reports.sheet import finding_of
from saas.reports.signoff import sign_off
from saas.review.stages import KINDS
from saas.review.texts import segments
from saas.web.api.reviews import pdf_answer
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.doors import takes_upload
from saas.web.uploads import uploaded_folder


@console.get("/reviews")
@signed_in
def reviews() -> ResponseReturnValue:
    """What waits for the visitor, then what waits for others."""
    return page("reviews/list.html", items=list_reviews(actor()), kinds=KINDS)


@console.get("/campaigns/<int:campaign_id>/review")
@signed_in
def campaign_review(campaign_id: int) -> ResponseReturnValue:
    """The review of a campaign; ``since`` compares with another version."""
    return review_page(campaign_id)


def review_page(campaign_id: int, status: int = 200, **more: object) -> ResponseReturnValue:
    """The page; ``more`` of what a form on it was answered."""
    found = review(actor(), campaign_id, request.args.get("since", type=int))
    return page("reviews/page.html", status, review=found, finding_of=finding_of, kinds=KINDS, segments=segments, **more)


@console.post("/campaigns/<int:campaign_id>/pass")
@signed_in
def pass_findings(campaign_id: int) -> ResponseReturnValue:
    """Let the ticked warnings pass, all of them where none is named, with a reason."""
    count = let_pass(actor(), campaign_id, request.form.getlist("finding") or None, request.form.get("reason", ""))
    flash(t("已记录 {n} 条放行理由，签字时一并生效。", "{n} passed with your reason; it is part of what is signed.", n=count))
    return _back(campaign_id, "findings")


@console.post("/campaigns/<int:campaign_id>/remind-signers")
@signed_in
def remind_signers(campaign_id: int) -> ResponseReturnValue:
    """Remind those whose turn it is."""
    remind(actor(), campaign_id)
    flash(t("已提醒：会显示在对方的待审列表里。", "Reminded: it shows in their list of reviews."))
    return redirect(url_for("console.reviews"), 303)


@console.post("/campaigns/<int:campaign_id>/comments")
@signed_in
def remark(campaign_id: int) -> ResponseReturnValue:
    """Begin a thread, at the words that were selected."""
    form = request.form
    place = Place(form.get("account", ""), form.get("part", ""), form.get("quote", ""), form.get("start", 0, type=int))
    commenting.comment(actor(), campaign_id, form.get("body", ""), place, "for_client" in form)
    return _back(campaign_id, "comments")


@console.post("/campaigns/<int:campaign_id>/comments/<int:comment_id>")
@signed_in
def settle_comment(campaign_id: int, comment_id: int) -> ResponseReturnValue:
    """Answer in a thread, settle it, or open it again."""
    form = request.form
    if form.get("body", "").strip():
        commenting.answer(actor(), comment_id, form["body"])
    if form.get("act") in ("resolve", "reopen"):
        commenting.resolve(actor(), comment_id, form["act"] == "resolve")
    return _back(campaign_id, "comments")


@console.post("/campaigns/<int:campaign_id>/review-links")
@signed_in
def make_review_link(campaign_id: int) -> ResponseReturnValue:
    """Make a link for the client; its address is shown this once."""
    form = request.form
    hours = form.get("hours", 72, type=int)
    secret = make_link(actor(), campaign_id, form.get("person", ""), hours, form.get("client") or None)
    address = url_for("console.client_review", secret=secret, _external=True)
    return review_page(campaign_id, fresh_link=address, fresh_person=form.get("person", ""))


@console.post("/campaigns/<int:campaign_id>/review-links/<int:link_id>/revoke")
@signed_in
def revoke_review_link(campaign_id: int, link_id: int) -> ResponseReturnValue:
    """The link decides nothing any more."""
    revoke_link(actor(), link_id)
    flash(t("链接已撤回。", "The link is revoked."))
    return _back(campaign_id, "links")


@console.get("/campaigns/<int:campaign_id>/signoff.pdf")
@signed_in
def signoff(campaign_id: int) -> Response:
    """The sign-off sheet."""
    return pdf_answer(sign_off(actor(), campaign_id))


@console.post("/campaigns/<int:campaign_id>/revise")
@signed_in
@takes_upload
def revise(campaign_id: int) -> ResponseReturnValue:
    """A new version from a folder; its faults, all of them, when it has any that block."""
    actor().need("write")
    replaceable(campaign_id)
    upload = request.files.get("folder")
    try:
        with uploaded_folder(upload if upload and upload.filename else None) as path:
            fresh = prepare_campaign(actor(), path, revises=campaign_id)
    except Invalid as fault:
        findings = [finding_of(found) for found in fault.detail.get("findings", [])]
        if not findings:
            raise
        name = upload.filename if upload and upload.filename else ""
        return page("campaigns/findings.html", fault.status, findings=findings, name=name, fault=fault)
    flash(
        t("新版本已建立，之前的签字全部作废，需要重新审核。", "A new version: every signature is void, the review begins anew.")
    )
    return redirect(url_for("console.campaign_review", campaign_id=fresh), 303)


@console.post("/campaigns/<int:campaign_id>/amendments")
@signed_in
def note_amendment(campaign_id: int) -> ResponseReturnValue:
    """Record what was changed in the platform's console."""
    form = request.form
    after, evidence, article = form.get("after", ""), form.get("evidence", ""), form.get("article", 1, type=int)
    amend(actor(), campaign_id, form.get("account", ""), form.get("field", ""), after, evidence, article=article)
    flash(t("已记录。发出的版本保持原样。", "Recorded. What was sent stays as it was sent."))
    return redirect(url_for("console.campaign", campaign_id=campaign_id), 303)


def _back(campaign_id: int, anchor: str) -> ResponseReturnValue:
    return redirect(url_for("console.campaign_review", campaign_id=campaign_id, _anchor=anchor), 303)
