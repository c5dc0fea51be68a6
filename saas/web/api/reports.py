"""Reports of a span: of the agency, a client or an account, as JSON or as a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import fields, validate

from saas.reports.definitions import DEFINITIONS, GROUPS
from saas.reports.exports.files import KINDS
from saas.reports.exports.plain import plain
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.service import account_report, agency_report, client_report
from saas.reports.periods.spans import span
from saas.reports.shown.service import choose, chosen
from saas.tenants.actor import Actor
from saas.web import downloads
from saas.web.api.blueprint import Resource
from saas.web.api.experiment import ExperimentInReport
from saas.web.api.fields import Number, Strict, Words
from saas.web.api.report import FigureItem
from saas.web.doors import needs
from saas.web.locale import language

blp = Resource("reports", "/reports", "Reports of a day, week, month or quarter")
FILE = {"schema": {"type": "string", "format": "binary"}}
FILES = {"200": {"description": "The report", "content": {mime: FILE for kind, mime in KINDS.items() if kind != "json"}}}


class Wish(Strict):
    """``period``: 2026-11-22, 2026-W47, 2026-11 or 2026-Q4. ``format`` other than json: a file; zip: all of the span."""

    period = fields.String(required=True, validate=validate.Length(max=20))
    format = fields.String(load_default="json", validate=validate.OneOf([*KINDS]))


class ClientWish(Wish):
    """``as_client``: as that client's people see it."""

    as_client = fields.Boolean(load_default=False)


class MeasureItem(Strict):
    """A figure of a span; null: not known. ``known`` of ``sends`` sends have it; ``as_of``: the oldest number in it, of
    counted days until when they are known of every account.

    ``fresh``: how many of these are younger than 72 h, so that it still grows; ``ripe``: a rate without these, which is compared.
    """

    value = Number(allow_none=True)
    sources = fields.List(fields.String())
    as_of = fields.String()
    known = fields.Integer()
    sends = fields.Integer()
    fresh = fields.Integer()
    ripe = fields.Float(allow_none=True)


Measures = fields.Dict(keys=fields.String(), values=fields.Nested(MeasureItem))


class ClientSums(Strict):
    """A client."""

    id = fields.Integer()
    name = fields.String()
    accounts = fields.Integer()
    measures = Measures


class AccountSums(Strict):
    """An account; ``against``: its rates over or under the agency's median."""

    id = fields.Integer()
    key = fields.String()
    name = fields.String()
    client = fields.String()
    channel = fields.String()
    kind = fields.String()
    unit = fields.String()
    sends = fields.Integer()
    delivered = fields.Integer()
    intended = fields.Integer()
    measures = Measures
    against = fields.Dict(keys=fields.String(), values=fields.Float())


class DayItem(Strict):
    """A day; null: nothing known, which is not zero."""

    day = fields.String()
    sends = fields.Integer()
    intended = fields.Integer()
    delivered = fields.Integer(allow_none=True)
    opened = fields.Integer(allow_none=True)
    gained = fields.Integer(allow_none=True)
    lost = fields.Integer(allow_none=True)
    replies = fields.Integer(allow_none=True)
    followers = fields.Integer(allow_none=True)


class SendItem(Strict):
    """One send; rates only where their base is known."""

    dispatch = fields.Integer()
    campaign = fields.Integer()
    name = fields.String()
    title = fields.String()
    due_at = fields.String()
    account = fields.String()
    account_name = fields.String()
    client = fields.String()
    unit = fields.String()
    state = fields.String()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    counted_by = fields.String()
    figures = fields.Dict(keys=fields.String(), values=fields.Nested(FigureItem))
    rates = fields.Dict(keys=fields.String(), values=fields.Float())


class SlotItem(Strict):
    """An hour of a weekday (0 Monday)."""

    weekday = fields.Integer()
    hour = fields.Integer()
    open = fields.Float(allow_none=True)
    sends = fields.Integer()
    delivered = fields.Integer()


class CapSpent(Strict):
    """A cap of an account in the span."""

    account = fields.String()
    name = fields.String()
    rule = fields.String()
    title = fields.String()
    unit = fields.String()
    used = fields.Integer()
    external = fields.Integer()
    amount = fields.Integer()
    left = fields.Integer()
    source = fields.String()


class IncidentItem(Strict):
    """Something that did not go as planned."""

    kind = fields.String()
    due_at = fields.String()
    campaign = fields.Integer()
    name = fields.String()
    account = fields.String()
    client = fields.String()
    people = fields.Integer()
    unit = fields.String()
    code = fields.String()
    reason = fields.String()
    source = fields.String(metadata={"description": "who says so; hand: a person"})
    entry = fields.Integer(allow_none=True, metadata={"description": "its number, where a person entered it"})


class SpanReport(Strict):
    """A report of a span. ``before`` is the span before (环比), ``year_before`` the same of last year (同比), each with its days;
    where nothing was sent in it there is nothing to compare with: null.
    """

    scope = fields.String()
    subject = fields.String()
    agency = fields.String()
    zone = fields.String()
    period = fields.String()
    period_words = fields.String()
    made_at = fields.String()
    conclusion = fields.String()
    changes = fields.List(fields.String())
    measures = Measures
    before = Measures
    year_before = Measures
    before_days = fields.String(metadata={"description": "first and last day: 2026-10-01/2026-10-23"})
    year_before_days = fields.String()
    median = fields.Dict(keys=fields.String(), values=fields.Float())
    clients = fields.List(fields.Nested(ClientSums))
    accounts = fields.List(fields.Nested(AccountSums))
    days = fields.List(fields.Nested(DayItem))
    best = fields.List(fields.Nested(SendItem))
    worst = fields.List(fields.Nested(SendItem))
    slots = fields.List(fields.Nested(SlotItem))
    scenes = fields.Dict(keys=fields.String(), values=fields.Nested(FigureItem))
    caps = fields.List(fields.Nested(CapSpent))
    incidents = fields.List(fields.Nested(IncidentItem))
    experiments = fields.List(fields.Nested(ExperimentInReport))
    sends = fields.List(fields.Nested(SendItem))
    heads = fields.List(fields.String(), metadata={"description": "of the evidence handed out of just this"})
    untold = fields.List(fields.String(), metadata={"description": "what no platform tells, in words"})
    not_shown = fields.List(fields.String(), metadata={"description": "figures the agency does not show to this reader"})


class FigureChoice(Strict):
    """The names of figures and parts that the client's people are not to see."""

    hidden = fields.List(fields.String(validate=validate.Length(max=40)), required=True, validate=validate.Length(max=100))


class ChosenFigures(Strict):
    """What a client's people do not see; ``at`` null: nobody has chosen, all is shown."""

    client_id = fields.Integer()
    client = fields.String()
    hidden = fields.List(fields.String())
    by = fields.String()
    at = fields.AwareDateTime(allow_none=True)


class DefinitionItem(Strict):
    """What a figure means; a rate is ``top`` over ``base``."""

    name = fields.String()
    title = Words()
    formula = Words()
    sources = fields.List(fields.String())
    group = fields.String(validate=validate.OneOf([*GROUPS]))
    top = fields.String()
    base = fields.String()
    more_is = fields.String()


@blp.on("GET", "/agency")
@needs("see")
@blp.takes(Wish, location="query")
@blp.documented(responses=FILES)
@blp.gives(200, SpanReport)
def of_agency(actor: Actor, wish: dict[str, str]) -> Any:
    """The agency's report; for a client's user its own brand's."""
    wanted = span(wish["period"])
    if wish["format"] == "zip":
        return downloads.whole_span(actor, wanted, language())
    return _answer(actor, agency_report(actor, wanted), wish["format"], actor.client_id)


@blp.on("GET", "/clients/<int:client_id>")
@needs("see")
@blp.takes(ClientWish, location="query")
@blp.documented(responses=FILES)
@blp.gives(200, SpanReport)
def of_client(actor: Actor, wish: dict[str, Any], client_id: int) -> Any:
    """A client's report."""
    report = client_report(actor, client_id, span(wish["period"]), as_client=wish["as_client"])
    return _answer(actor, report, wish["format"], client_id)


@blp.on("GET", "/accounts/<key>")
@needs("see")
@blp.takes(Wish, location="query")
@blp.documented(responses=FILES)
@blp.gives(200, SpanReport)
def of_account(actor: Actor, wish: dict[str, str], key: str) -> Any:
    """An account's report."""
    return _answer(actor, account_report(actor, key, span(wish["period"])), wish["format"], actor.client_id)


@blp.on("GET", "/clients/<int:client_id>/figures")
@needs("manage_accounts")
@blp.gives(200, ChosenFigures)
def figures_of_client(actor: Actor, client_id: int) -> Any:
    """Which figures the client's people do not see."""
    return chosen(actor, client_id)


@blp.on("PUT", "/clients/<int:client_id>/figures")
@needs("manage_accounts", "write")
@blp.takes(FigureChoice)
@blp.gives(200, ChosenFigures)
def choose_figures(actor: Actor, choice: dict[str, list[str]], client_id: int) -> Any:
    """Leave figures out of whatever the client's people see, or show all with an empty list."""
    return choose(actor, client_id, choice["hidden"])


@blp.on("GET", "/definitions")
@needs("see")
@blp.gives(200, DefinitionItem(many=True))
def definitions(actor: Actor) -> Any:
    """Every figure: its formula, and where it may come from."""
    return [asdict(one) for one in DEFINITIONS.values()]


def _answer(actor: Actor, report: PeriodReport, kind: str, client: int | None) -> Any:
    if kind == "json":
        return plain(report, language())
    return downloads.report(actor, report, kind, client, language())
