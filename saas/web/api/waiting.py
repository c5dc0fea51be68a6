"""What waits for a person, and reminding them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from saas.delivery.waiting import list_waiting, remind
from saas.delivery.waiting_reminders import Reminded
from saas.kernel.errors import Conflict, NotFound
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Page, Strict, paged
from saas.web.doors import needs
from saas.web.locale import say

blp = Resource("waiting", "", "What waits for a person")


class Missing(Strict):
    """Somebody who has not acted; ``people`` 0: the platform does not say how many wait for this one."""

    id = fields.String()
    name = fields.String()
    people = fields.Integer()
    since = fields.AwareDateTime(allow_none=True)


class RemindersLeft(Strict):
    """How often they may still be reminded."""

    left = fields.Integer()
    amount = fields.Integer()
    hours = fields.Integer()
    free_at = fields.AwareDateTime(allow_none=True)
    last_at = fields.AwareDateTime(allow_none=True)


class WaitingItem(Strict):
    """A delivery that waits for somebody."""

    id = fields.Integer()
    campaign_id = fields.Integer(attribute="campaign")
    campaign = fields.String(attribute="campaign_name")
    client = fields.String()
    account = fields.String()
    account_name = fields.String()
    channel = fields.String()
    kind = fields.String()
    what = fields.Function(lambda item: say(item.what))
    people = fields.Integer()
    intended = fields.Integer()
    delivered = fields.Integer()
    since = fields.AwareDateTime(allow_none=True)
    until = fields.AwareDateTime(allow_none=True)
    overdue = fields.Boolean()
    by_hand = fields.Boolean()
    who = fields.List(fields.Nested(Missing))
    reminders = fields.Nested(RemindersLeft, allow_none=True)


class Reminder(Strict):
    """What became of a reminder: done, or unknown when the platform did not answer."""

    outcome = fields.String()
    reason = fields.Function(lambda told: say(told.reason))
    left = fields.Integer()


@blp.on("GET", "/waiting")
@needs("see_accounts")
@blp.takes(Page, location="query")
@blp.gives(200, paged(WaitingItem))
def list_all(actor: Actor, page: dict[str, Any]) -> Any:
    """Who must do what, until when; the nearest deadline first."""
    rows = list_waiting(actor, page["limit"], page["cursor"])
    return {"items": rows, "next": rows[-1].id if len(rows) == page["limit"] else None}


@blp.on("POST", "/deliveries/<int:delivery_id>/remind")
@needs("send", "send")
@blp.gives(200, Reminder)
def remind_one(actor: Actor, delivery_id: int) -> Reminded:
    """Remind those who have not acted, once."""
    (told,) = remind(actor, [delivery_id])
    if told.outcome == "not_there":
        raise NotFound(("投递", "delivery"))
    if not told.happened:
        free_at = told.free_at.isoformat() if told.free_at else None
        raise Conflict(f"remind_{told.outcome}", told.reason, left=told.left, free_at=free_at)
    return told
