"""Previews: on which screens people meet a campaign, and links for people without a login."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from marshmallow import fields, validate

from saas.delivery.try_outs import list_try_outs, try_out
from saas.reports.preview_links import MOST_DAYS, USUAL_DAYS, create_link, list_links, revoke_link
from saas.reports.previews import campaign_preview
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs
from saas.web.locale import say

blp = Resource("previews", "/campaigns/<int:campaign_id>/preview", "How a campaign looks on phones, and who may see it")


class ScreenItem(Strict):
    """A screen of a phone: whose app, which place in it, and what of the message is seen there."""

    name = fields.String()
    title = fields.Function(lambda screen: say((screen.title.zh, screen.title.en)))
    place = fields.String()
    skin = fields.String()
    shows = fields.List(fields.String())
    text = fields.String()
    note = fields.Function(lambda screen: say((screen.note.zh, screen.note.en)) if screen.note else "")


class ShownItem(Strict):
    """One account's message, as its people meet it."""

    account = fields.String(attribute="key")
    name = fields.String()
    client = fields.String()
    channel = fields.String()
    kind = fields.String()
    screens = fields.List(fields.Nested(ScreenItem))
    message = fields.Function(lambda shown: shown.message.to_json(), metadata={"type": "object"})


class PreviewItem(Strict):
    """A campaign's preview; ``digest`` is what an approval of exactly this signs."""

    campaign_id = fields.Integer(attribute="campaign")
    name = fields.String()
    state = fields.String()
    digest = fields.String()
    accounts = fields.List(fields.Nested(ShownItem))


class LinkItem(Strict):
    """A link: open, expired or revoked; ``changed`` the campaign says something else than when it was made."""

    id = fields.Integer()
    state = fields.String()
    note = fields.String()
    client = fields.String()
    by = fields.String()
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    views = fields.Integer()
    seen_at = fields.AwareDateTime(allow_none=True)
    changed = fields.Boolean()


class FreshLink(Strict):
    """A new link. ``url`` is shown this once."""

    link = fields.Nested(LinkItem)
    url = fields.String()


class TriedItem(Strict):
    """A test send: calling, done, refused (why), or unknown when the platform did not answer."""

    id = fields.Integer()
    account = fields.String()
    to = fields.String(attribute="person")
    name = fields.String()
    by = fields.String()
    asked_at = fields.AwareDateTime()
    state = fields.String()
    answered_at = fields.AwareDateTime(allow_none=True)
    code = fields.String()
    reason = fields.Function(lambda tried: say(tried.reason))
    changed = fields.Boolean(metadata={"description": "the campaign says something else since"})


class TryWish(Strict):
    """On which account, to which of its testers; ``request`` names the wish, so that a repeat is not sent again."""

    account = fields.String(required=True, validate=validate.Length(1, 64))
    to = fields.String(required=True, validate=validate.Length(1, 64))
    request = fields.String(load_default="", validate=validate.Length(max=200))


class LinkWish(Strict):
    """For how many days, for whom, and of which client's accounts ("": all)."""

    days = fields.Integer(load_default=USUAL_DAYS, validate=validate.Range(1, MOST_DAYS))
    client = fields.String(load_default="", validate=validate.Length(max=200))
    note = fields.String(load_default="", validate=validate.Length(max=200))


@blp.on("GET", "")
@needs("see")
@blp.gives(200, PreviewItem)
def read(actor: Actor, campaign_id: int) -> Any:
    """What each account says, and on which screens of a phone people meet it."""
    return campaign_preview(actor, campaign_id)


@blp.on("GET", "/sends")
@needs("see_accounts")
@blp.gives(200, TriedItem(many=True))
def sends(actor: Actor, campaign_id: int) -> Any:
    """Every test send of the campaign, the newest first."""
    return list_try_outs(actor, campaign_id)


@blp.on("POST", "/sends")
@needs("send", "send")
@blp.takes(TryWish)
@blp.gives(201, TriedItem)
def send(actor: Actor, wish: dict[str, str], campaign_id: int) -> Any:
    """Show it to one registered tester, now, under the platform's cap. The same `request` twice is sent once."""
    return try_out(actor, campaign_id, wish["account"], wish["to"], wish["request"] or token_hex(16))


@blp.on("GET", "/links")
@needs("see_accounts")
@blp.gives(200, LinkItem(many=True))
def links(actor: Actor, campaign_id: int) -> Any:
    """Every link of the campaign, the newest first."""
    return list_links(actor, campaign_id)


@blp.on("POST", "/links")
@needs("write", "write")
@blp.takes(LinkWish)
@blp.gives(201, FreshLink)
def make(actor: Actor, wish: dict[str, Any], campaign_id: int) -> Any:
    """A link to this preview for people without a login."""
    view, url = create_link(actor, campaign_id, wish["days"], wish["client"], wish["note"])
    return {"link": view, "url": url}


@blp.on("DELETE", "/links/<int:link_id>")
@needs("write", "write")
@blp.gives(204)
def end(actor: Actor, campaign_id: int, link_id: int) -> None:
    """The link leads nowhere from now on."""
    revoke_link(actor, campaign_id, link_id)
