"""How campaigns, their reports and deliveries look in the API."""

from __future__ import annotations

from marshmallow import fields

from saas.web.api.fields import Number, Strict


class FigureItem(Strict):
    """A number, where it comes from and as of when."""

    value = Number()
    source = fields.String()
    as_of = fields.String()


class AccountReportItem(Strict):
    """One account of a campaign; intended = delivered + failed + skipped + unknown + awaiting + in_progress."""

    key = fields.String()
    name = fields.String()
    client = fields.String()
    channel = fields.String()
    kind = fields.String()
    unit = fields.String()
    state = fields.String()
    intended = fields.Integer()
    accepted = fields.Integer()
    delivered = fields.Integer()
    failed = fields.Integer()
    skipped = fields.Integer()
    unknown_ = fields.Integer(attribute="unknown", data_key="unknown")
    awaiting = fields.Integer()
    in_progress = fields.Integer()
    receipts = fields.List(fields.Dict())
    receipts_total = fields.Integer()
    code = fields.String()
    reason = fields.String()
    next_possible_at = fields.String(allow_none=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Nested(FigureItem))
    rates = fields.Dict(keys=fields.String(), values=fields.Nested(FigureItem))


class Report(Strict):
    """A campaign over all its accounts. ``digest`` is what an approval signs."""

    campaign = fields.Integer()
    name = fields.String()
    kind = fields.String()
    state = fields.String()
    author = fields.String()
    approved_by = fields.List(fields.String())
    digest = fields.String()
    created_at = fields.String()
    due_at = fields.String()
    max_lateness_seconds = fields.Integer()
    finished = fields.Boolean()
    accounts = fields.List(fields.Nested(AccountReportItem))
    totals = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": "in people"})
    totals_by_unit = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        metadata={"description": "person, group, page: each apart, never added together"},
    )
    not_shown = fields.List(fields.String(), metadata={"description": "figures the agency does not show to this reader"})


class CampaignItem(Strict):
    """A campaign in the list."""

    id = fields.Integer()
    name = fields.String()
    kind = fields.String()
    state = fields.String()
    author = fields.String()
    created_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    accounts = fields.Integer()
    totals = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": "in people"})
    totals_by_unit = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        metadata={"description": "person, group, page: each apart, never added together"},
    )


class DeliveryItem(Strict):
    """One thing a platform was asked to do, in people (or groups)."""

    id = fields.Integer()
    account = fields.String()
    target = fields.String()
    state = fields.String()
    people = fields.Integer()
    accepted = fields.Integer()
    delivered = fields.Integer()
    failed = fields.Integer()
    skipped = fields.Integer()
    unknown_ = fields.Integer(attribute="unknown", data_key="unknown")
    awaiting = fields.Integer()
    attempts = fields.Integer()
    accepted_at = fields.AwareDateTime(allow_none=True)
    receipt = fields.Dict(allow_none=True)
    code = fields.String()
    reason = fields.String()
