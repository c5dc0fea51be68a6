"""What accounts gain and lose by day, and numbers that a person enters."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from saas.kernel.errors import Invalid
from saas.reports.by_hand import MOST, days_of, enter_day, enter_figures
from saas.reports.mishaps.service import KINDS, enter_mishap, withdraw_mishap
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("figures", "", "Figures of accounts by day, and figures entered by hand")


class KnownNumber(Strict):
    """A number with its source: callback, statistics or hand."""

    value = fields.Integer()
    source = fields.String()
    as_of = fields.AwareDateTime()


class AccountDayItem(Strict):
    """A day; a figure that is not there is not known."""

    day = fields.Date()
    figures = fields.Dict(keys=fields.String(), values=fields.Nested(KnownNumber))


class AccountDays(Strict):
    """An account's days, the newest first. ``fault``: why its platform told nothing the last time."""

    account = fields.String()
    name = fields.String()
    zone = fields.String()
    days = fields.List(fields.Nested(AccountDayItem))
    known_until = fields.Date(allow_none=True)
    asks_at = fields.AwareDateTime(allow_none=True)
    fault = fields.String()


class Entry(Strict):
    """Numbers by the names of figures, and where they come from."""

    figures = fields.Dict(
        keys=fields.String(), values=fields.Integer(strict=True, validate=validate.Range(0, MOST)), required=True
    )
    reason = fields.String(required=True, validate=validate.Length(1, 500))


class MishapWish(Strict):
    """What befell it, and where that was seen; reports show the note."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    note = fields.String(required=True, validate=validate.Length(max=400))


class MishapItem(Strict):
    """What was entered."""

    id = fields.Integer()


@blp.on("GET", "/accounts/<key>/days")
@needs("see_accounts")
@blp.gives(200, AccountDays)
def read_days(actor: Actor, key: str) -> Any:
    """The last month of an account, day by day."""
    return days_of(actor, key)


@blp.on("PUT", "/accounts/<key>/days/<day>")
@needs("write", "write")
@blp.takes(Entry)
@blp.gives(204)
def put_day(actor: Actor, entry: dict[str, Any], key: str, day: str) -> None:
    """Enter what an account gained, lost or was told on a day."""
    enter_day(actor, key, _day(day), entry["figures"], entry["reason"])


@blp.on("PUT", "/campaigns/<int:campaign_id>/accounts/<key>/figures")
@needs("write", "write")
@blp.takes(Entry)
@blp.gives(204)
def put_figures(actor: Actor, entry: dict[str, Any], campaign_id: int, key: str) -> None:
    """Enter reading figures of a campaign on an account."""
    enter_figures(actor, campaign_id, key, entry["figures"], entry["reason"])


@blp.on("POST", "/campaigns/<int:campaign_id>/accounts/<key>/incidents")
@needs("write", "write")
@blp.takes(MishapWish)
@blp.gives(201, MishapItem)
def enter(actor: Actor, wish: dict[str, str], campaign_id: int, key: str) -> Any:
    """Enter that a campaign was folded on an account, or judged a reprint."""
    return {"id": enter_mishap(actor, campaign_id, key, wish["kind"], wish["note"])}


@blp.on("DELETE", "/incidents/<int:incident_id>")
@needs("write", "write")
@blp.gives(204)
def withdraw(actor: Actor, incident_id: int) -> None:
    """It was none."""
    withdraw_mishap(actor, incident_id)


def _day(told: str) -> date:
    """The day of an address. Invalid."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        words = ("日期写作 2026-11-22", "a day reads like 2026-11-22")
        raise Invalid("day_invalid", words, ("请更正", "correct it"), "day") from None
