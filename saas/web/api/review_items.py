"""What the API gives of reviews."""

from __future__ import annotations

from marshmallow import fields

from saas.review.stages import KINDS
from saas.web.api.fields import Strict, Words
from saas.web.locale import say


class ToSignItem(Strict):
    """A stage whose turn it is; ``mine``: the caller can sign it; ``missed``: the campaign's own time is over.
    ``held``: it is decided in a platform's approval.
    """

    campaign = fields.Integer()
    name = fields.String()
    version = fields.Integer()
    author = fields.String()
    stage = fields.Integer()
    kind = fields.String()
    title = fields.Function(lambda item: say(KINDS[item.kind]))
    client = fields.String()
    people = fields.String()
    since = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    overdue = fields.Boolean()
    sends_at = fields.AwareDateTime()
    missed = fields.Boolean()
    reminded_at = fields.AwareDateTime(allow_none=True)
    warnings = fields.Integer()
    mine = fields.Boolean()
    held = fields.Boolean()


class ReviewWordItem(Strict):
    """What somebody said of a stage."""

    name = fields.String()
    role = Words()
    decision = fields.String()
    note = fields.String()
    at = fields.AwareDateTime()
    behalf = fields.String()
    by_link = fields.Boolean()
    overrides = fields.Integer()


class ReviewStageItem(Strict):
    """A stage of a campaign's flow."""

    stage = fields.Integer(attribute="standing.stage")
    kind = fields.String(attribute="standing.kind")
    title = Words(attribute="words")
    client = fields.String(attribute="standing.client")
    open = fields.Boolean(attribute="standing.open")
    opened_at = fields.AwareDateTime(attribute="standing.opened_at", allow_none=True)
    due_at = fields.AwareDateTime(attribute="standing.due_at", allow_none=True)
    signed_at = fields.AwareDateTime(attribute="standing.signed_at", allow_none=True)
    overdue = fields.Boolean()
    signers = fields.List(fields.String())
    words = fields.List(fields.Nested(ReviewWordItem), attribute="given")


class FoundInCheck(Strict):
    """A finding by its ``key``; ``can_pass``: a warning. ``passed_by`` and ``reason`` once somebody has let it pass."""

    key = fields.String()
    can_pass = fields.Boolean()
    finding = fields.Dict(attribute="value")
    passed_by = fields.String()
    reason = fields.String()
    passed_at = fields.AwareDateTime(allow_none=True)


class ReviewLinkItem(Strict):
    """A one-time link; ``state``: open, used, revoked, expired, changed or over."""

    id = fields.Integer()
    client = fields.String()
    person = fields.String()
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    opened_at = fields.AwareDateTime(allow_none=True)
    used_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()


class CampaignVersionItem(Strict):
    """A version of the campaign, and how many words stand on it."""

    id = fields.Integer()
    number = fields.Integer()
    author = fields.String()
    created_at = fields.AwareDateTime()
    state = fields.String()
    words = fields.Integer()


class SpokenItem(Strict):
    """What some accounts say alike, by part."""

    account = fields.String(attribute="key")
    accounts = fields.List(fields.String())
    parts = fields.Dict()


class ReviewItem(Strict):
    """The review of a campaign; ``turn`` is the kind of stage the caller would sign now, ``obstacle`` why they cannot."""

    campaign = fields.Integer()
    name = fields.String()
    version = fields.Integer()
    author = fields.String()
    state = fields.String()
    digest = fields.String()
    due_at = fields.AwareDateTime()
    stages = fields.List(fields.Nested(ReviewStageItem))
    turn = fields.String()
    obstacle = Words(allow_none=True)
    findings = fields.List(fields.Nested(FoundInCheck), attribute="found")
    versions = fields.List(fields.Nested(CampaignVersionItem))
    texts = fields.List(fields.Nested(SpokenItem))
    links = fields.List(fields.Nested(ReviewLinkItem))


class PlaceItem(Strict):
    """Where a thread stands in this version."""

    account = fields.String()
    part = fields.String()
    quote = fields.String()
    start = fields.Integer()


class CommentItem(Strict):
    """One comment."""

    id = fields.Integer()
    author = fields.String()
    by_client = fields.Boolean()
    by_link = fields.Boolean()
    body = fields.String()
    at = fields.AwareDateTime()


class ThreadItem(Strict):
    """A thread; ``detached``: what it spoke of is gone from the text."""

    id = fields.Integer()
    place = fields.Nested(PlaceItem)
    account = fields.String()
    detached = fields.Boolean()
    version = fields.Integer()
    for_client = fields.Boolean()
    resolved_by = fields.String()
    resolved_at = fields.AwareDateTime(allow_none=True)
    said = fields.List(fields.Nested(CommentItem))


class DiffPieceItem(Strict):
    """Characters that are the same, taken out, or put in."""

    kind = fields.String()
    text = fields.String()


class DiffLineItem(Strict):
    """A paragraph; ``gap`` stands for ``count`` that are the same."""

    kind = fields.String()
    count = fields.Integer()
    pieces = fields.List(fields.Nested(DiffPieceItem))


class PartChangeItem(Strict):
    """A part that changed; ``before`` and ``after`` are hashes of pictures."""

    part = fields.String()
    title = Words(attribute="words")
    before = fields.String()
    after = fields.String()
    lines = fields.List(fields.Nested(DiffLineItem))


class AccountChangeItem(Strict):
    """Accounts that changed alike: added, removed or changed."""

    state = fields.String()
    accounts = fields.List(fields.String())
    parts = fields.List(fields.Nested(PartChangeItem))


class PeopleChangeItem(Strict):
    """How many an account is meant for, before and after; the same number: other people."""

    account = fields.String()
    before = fields.Integer()
    after = fields.Integer()


class FieldChangeItem(Strict):
    """A property of the campaign that changed."""

    title = Words(attribute="words")
    before = fields.String()
    after = fields.String()


class ChangesItem(Strict):
    """What changed since ``since``; ``signed``: somebody had signed that version."""

    campaign = fields.Integer()
    since = fields.Integer(allow_none=True)
    since_number = fields.Integer()
    signed = fields.Boolean()
    fields_ = fields.List(fields.Nested(FieldChangeItem), attribute="fields", data_key="fields")
    accounts = fields.List(fields.Nested(AccountChangeItem))
    people = fields.List(fields.Nested(PeopleChangeItem))


class AmendmentItem(Strict):
    """A change made on a platform after the send."""

    id = fields.Integer()
    account = fields.String()
    account_name = fields.String()
    article = fields.Integer()
    field = fields.String()
    before = fields.String()
    after = fields.String()
    evidence = fields.String()
    happened_at = fields.AwareDateTime()
    recorded_by = fields.String()
    recorded_at = fields.AwareDateTime()
