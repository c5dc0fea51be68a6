"""What people write to accounts, and the rules by which they are answered."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.delivery.inbound.policy import KINDS
from saas.delivery.inbound.reading import LONGEST, SHORTEST, Wanted, keep_days, kept_days, list_entries, mark_read
from saas.delivery.inbound.rules import LONGEST_COMMENT, decide_rule, list_rules, remove_rule, turn_rule, write_rule
from saas.delivery.inbound.wishes import MATCHING, OCCASIONS, SAYS, RuleWish
from saas.delivery.listening.showing import list_gaps, list_lines
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.campaigns import FindingItem
from saas.web.api.fields import Page, Strict, Words, paged
from saas.web.doors import needs

blp = Resource("inbox", "/inbox", "What people write to accounts")


class InboxEntry(Strict):
    """What somebody said or did; ``person`` is a mark that stays the same for the same one on the same account, no open id."""

    id = fields.Integer()
    client = fields.String()
    account = fields.String()
    account_name = fields.String()
    channel = fields.String()
    kind = fields.String()
    person = fields.String()
    place = fields.String(metadata={"description": "the group it was said in"})
    place_title = fields.String()
    said = fields.String()
    at = fields.AwareDateTime()
    reply_until = fields.AwareDateTime(allow_none=True)
    read = fields.Boolean()
    reply = fields.String(allow_none=True, metadata={"description": "due, calling, done, refused, unknown; null: nothing"})
    rule = fields.String()
    says = fields.String()
    code = fields.String()
    reason = Words()
    answered_at = fields.AwareDateTime(allow_none=True)


class InboxAsked(Page):
    """Which entries, the newest first; ``cursor`` is the id of the last one seen."""

    client = fields.String(load_default="", metadata={"description": "a client by name"})
    account = fields.String(load_default="", metadata={"description": "an account by key"})
    kind = fields.String(load_default="", validate=validate.OneOf(("", *KINDS)))
    unread = fields.Boolean(load_default=False)


class InboxRead(Strict):
    """Which are read."""

    ids = fields.List(
        fields.Integer(strict=True, validate=validate.Range(min=1)), required=True, validate=validate.Length(1, 200)
    )


class InboxReadDone(Strict):
    """How many were not before."""

    read = fields.Integer()


class InboxDays(Strict):
    """For how many days what people wrote is kept."""

    days = fields.Integer(required=True, strict=True, validate=validate.Range(SHORTEST, LONGEST))


class HeardLine(Strict):
    """An account whose events are heard over a WebSocket; ``why`` is what is in the way."""

    client = fields.String()
    account = fields.String()
    account_name = fields.String()
    up = fields.Boolean()
    connected_at = fields.AwareDateTime(allow_none=True)
    heard_at = fields.AwareDateTime(allow_none=True)
    why = Words()


class HeardGap(Strict):
    """From when to when nobody listened to an account: what happened meanwhile is not known."""

    client = fields.String()
    account = fields.String()
    account_name = fields.String()
    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime()
    why = Words()


class HeardLines(Strict):
    """Every line, those that are down first, and the newest fifty gaps."""

    lines = fields.List(fields.Nested(HeardLine))
    gaps = fields.List(fields.Nested(HeardGap))


class RuleSays(Strict):
    """``text`` with text, ``link`` with title, url and description, ``article`` with the campaign that put it out."""

    kind = fields.String(required=True, validate=validate.OneOf(SAYS))
    text = fields.String()
    title = fields.String()
    url = fields.String()
    description = fields.String()
    campaign = fields.Integer(strict=True)


class ReplyRuleItem(Strict):
    """A rule. ``state`` awaiting, approved or rejected is of what it says now, named by ``digest``."""

    id = fields.Integer()
    client = fields.String()
    account = fields.String(metadata={"description": "empty: every account of the client"})
    name = fields.String()
    occasion = fields.String()
    matching = fields.String()
    words = fields.List(fields.String())
    priority = fields.Integer()
    says = fields.Nested(RuleSays)
    digest = fields.String()
    is_on = fields.Boolean()
    state = fields.String()
    author = fields.String()
    changed_at = fields.AwareDateTime()
    decided_by = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)
    comment = fields.String()
    said = fields.Integer(metadata={"description": "how many answers it has given"})
    findings = fields.List(fields.Nested(FindingItem))


class ReplyRuleWish(Strict):
    """What a rule answers to, and what it says. It answers nobody before a second person has approved it."""

    client = fields.String(required=True, validate=validate.Length(1, 200))
    account = fields.String(load_default="")
    name = fields.String(required=True)
    occasion = fields.String(required=True, validate=validate.OneOf(OCCASIONS))
    matching = fields.String(load_default="contains", validate=validate.OneOf(MATCHING))
    words = fields.List(fields.String(), load_default=list)
    priority = fields.Integer(load_default=100, strict=True)
    says = fields.Nested(RuleSays, required=True)


class ReplyRuleWord(Strict):
    """A word on what the rule says now: ``digest`` as it was seen."""

    digest = fields.String(required=True, validate=validate.Length(equal=64))
    comment = fields.String(load_default="", validate=validate.Length(max=LONGEST_COMMENT))


class ReplyRuleTurn(Strict):
    """Whether it answers."""

    on = fields.Boolean(required=True)


@blp.on("GET", "")
@needs("see_accounts")
@blp.takes(InboxAsked, location="query")
@blp.gives(200, paged(InboxEntry))
def entries(actor: Actor, asked: dict[str, Any]) -> Any:
    """What people said and did, the newest first."""
    wanted = Wanted(asked["client"], asked["account"], asked["kind"], asked["unread"])
    found = list_entries(actor, wanted, asked["cursor"], asked["limit"])
    return {"items": found, "next": found[-1].id if len(found) == asked["limit"] else None}


@blp.on("POST", "/read")
@needs("see_accounts", "write")
@blp.takes(InboxRead)
@blp.gives(200, InboxReadDone)
def read(actor: Actor, wish: dict[str, list[int]]) -> Any:
    """These are read."""
    return {"read": mark_read(actor, wish["ids"])}


@blp.on("GET", "/days")
@needs("see_accounts")
@blp.gives(200, InboxDays)
def days(actor: Actor) -> Any:
    """For how long they are kept."""
    return {"days": kept_days()}


@blp.on("PUT", "/days")
@needs("manage_accounts", "write")
@blp.takes(InboxDays)
@blp.gives(200, InboxDays)
def set_days(actor: Actor, wish: dict[str, int]) -> Any:
    """Keep them for so long; older ones go within the hour."""
    return {"days": keep_days(actor, wish["days"])}


@blp.on("GET", "/lines")
@needs("see_accounts")
@blp.gives(200, HeardLines)
def lines(actor: Actor) -> Any:
    """The accounts whose events are heard over a WebSocket, and when nobody listened."""
    return {"lines": list_lines(actor), "gaps": list_gaps(actor)}


@blp.on("GET", "/rules")
@needs("see_accounts")
@blp.gives(200, ReplyRuleItem(many=True))
def rules(actor: Actor) -> Any:
    """Every rule of automatic answers."""
    return list_rules(actor)


@blp.on("POST", "/rules")
@needs("write", "write")
@blp.takes(ReplyRuleWish)
@blp.gives(201, ReplyRuleItem)
def add_rule(actor: Actor, wish: dict[str, Any]) -> Any:
    """A new rule; it waits for a second person's word."""
    return write_rule(actor, RuleWish(**wish))


@blp.on("PUT", "/rules/<int:rule_id>")
@needs("write", "write")
@blp.takes(ReplyRuleWish)
@blp.gives(200, ReplyRuleItem)
def change_rule(actor: Actor, wish: dict[str, Any], rule_id: int) -> Any:
    """Change a rule; what it says then waits for a second person's word."""
    return write_rule(actor, RuleWish(**wish), rule_id)


@blp.on("DELETE", "/rules/<int:rule_id>")
@needs("write", "write")
@blp.gives(204)
def remove(actor: Actor, rule_id: int) -> None:
    """It answers nobody any more."""
    remove_rule(actor, rule_id)


@blp.on("POST", "/rules/<int:rule_id>/approve")
@needs("approve", "send")
@blp.takes(ReplyRuleWord)
@blp.gives(200, ReplyRuleItem)
def approve_rule(actor: Actor, wish: dict[str, str], rule_id: int) -> Any:
    """Let it answer; never one's own."""
    return decide_rule(actor, rule_id, wish["digest"], True, wish["comment"])


@blp.on("POST", "/rules/<int:rule_id>/reject")
@needs("approve", "send")
@blp.takes(ReplyRuleWord)
@blp.gives(200, ReplyRuleItem)
def reject_rule(actor: Actor, wish: dict[str, str], rule_id: int) -> Any:
    """Refuse it, or take an approval back."""
    return decide_rule(actor, rule_id, wish["digest"], False, wish["comment"])


@blp.on("POST", "/rules/<int:rule_id>/turn")
@needs("write", "write")
@blp.takes(ReplyRuleTurn)
@blp.gives(200, ReplyRuleItem)
def turn(actor: Actor, wish: dict[str, bool], rule_id: int) -> Any:
    """Let it answer, or not for now."""
    return turn_rule(actor, rule_id, wish["on"])
