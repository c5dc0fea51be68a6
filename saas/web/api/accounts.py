"""Clients, their channel accounts with what is left of each cap, and the installed channels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import current_app, request
from marshmallow import fields, validate

from saas.accounts import service
from saas.accounts.addresses import push_address
from saas.accounts.entering import enter
from saas.accounts.switches import off
from saas.audience.labels import account_groups, account_tags
from saas.channels.registry import Registry
from saas.delivery.quota import caps_left
from saas.delivery.switching import switch
from saas.kernel.errors import Invalid
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

LONG = validate.Length(max=4_000)
blp = Resource("accounts", "", "Clients, accounts and channels")


class ClientItem(Strict):
    """A brand the agency serves."""

    id = fields.Integer()
    name = fields.String()


class CapItem(Strict):
    """A cap in its present window: ``left`` = amount - used - reserved - external."""

    rule = fields.String()
    title = Words()
    window = fields.String()
    amount = fields.Integer()
    used = fields.Integer()
    reserved = fields.Integer()
    external = fields.Integer()
    left = fields.Integer()
    resets_at = fields.AwareDateTime(allow_none=True)


class AccountItem(Strict):
    """A channel account; ``trouble_words`` says what a person must do."""

    id = fields.Integer()
    key = fields.String()
    client_id = fields.Integer()
    client = fields.String()
    channel = fields.String()
    channel_title = Words()
    kind = fields.String()
    kind_title = Words()
    name = fields.String()
    audience_size = fields.Integer()
    status = fields.String()
    trouble = fields.String()
    trouble_words = Words()
    simulated = fields.Boolean()
    connected = fields.Boolean()
    portal = fields.String(metadata={"description": "over which portal its owner authorised it; empty: by its own credentials"})
    missing_rights = fields.List(Words(), metadata={"description": "what the owner has not granted there"})
    caps = fields.List(fields.Nested(CapItem))


class TagItem(Strict):
    """A tag of an account: its number on the platform, its name, and how many people carry it."""

    id = fields.String()
    name = fields.String()
    people = fields.Integer()


class GroupItem(Strict):
    """A group (chat) of an account: its id on the platform, its name and members as far as they are known."""

    id = fields.String()
    name = fields.String()
    people = fields.Integer()
    through = fields.String(metadata={"description": "whose one call is for all their groups: the owner's id; else empty"})
    through_name = fields.String()


class PushAddress(Strict):
    """An address of ours, to be entered at a platform."""

    address = fields.String()


class Imported(Strict):
    """How many accounts an import made and changed."""

    created = fields.Integer()
    updated = fields.Integer()


class ChannelKind(Strict):
    """A kind of account a channel knows."""

    name = fields.String()
    title = Words()
    assisted = fields.Boolean()
    opt_in = fields.Boolean()
    risk = Words()


class ChannelItem(Strict):
    """An installed channel. ``on``: whether the agency has it; one that is off is not there for it."""

    name = fields.String()
    on = fields.Boolean()
    title = Words()
    distribution = fields.String()
    kinds = fields.List(fields.Nested(ChannelKind))


@blp.on("GET", "/clients")
@needs("see")
@blp.gives(200, ClientItem(many=True))
def list_clients(actor: Actor) -> Any:
    """The clients; a client's user sees its own."""
    return service.list_clients(actor)


@blp.on("GET", "/accounts")
@needs("see_accounts")
@blp.gives(200, AccountItem(many=True))
def list_accounts(actor: Actor) -> list[dict[str, Any]]:
    """Every account with what is left of its caps."""
    caps = caps_left(actor)
    return [{**asdict(account), "caps": caps.get(account.id, [])} for account in service.list_accounts(actor)]


@blp.on("GET", "/accounts/<key>/tags")
@needs("see_accounts")
@blp.gives(200, TagItem(many=True))
def list_tags(actor: Actor, key: str) -> Any:
    """The tags of an account, as its platform lists them now; a campaign's audience may name one."""
    return account_tags(actor, key)


@blp.on("GET", "/accounts/<key>/groups")
@needs("see_accounts")
@blp.gives(200, GroupItem(many=True))
def list_groups(actor: Actor, key: str) -> Any:
    """The groups an account reaches now; a campaign's audience may name some by id or name. 422 ``no_groups``: it has none."""
    return account_groups(actor, key)


@blp.on("GET", "/accounts/<key>/address")
@needs("manage_accounts")
@blp.gives(200, PushAddress)
def address_of(actor: Actor, key: str) -> Any:
    """Where the account's platform pushes messages and events to; 409 ``no_address`` where it pushes nothing, or to a portal."""
    return {"address": push_address(actor, key)}


@blp.on("POST", "/accounts")
@needs("manage_accounts", "write")
@blp.documented(requestBody={"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}})
@blp.gives(200, Imported)
def import_accounts(actor: Actor) -> service.ImportResult:
    """Create and update accounts from a CSV body (``text/csv``): key, client, channel, kind, name, audience_size."""
    if request.mimetype != "text/csv":
        raise Invalid("csv_expected", ("要以 text/csv 发送账号表", "send the list of accounts as text/csv"), field="Content-Type")
    return service.import_accounts(actor, request.get_data())


class Entries(Strict):
    """What shall be entered for an account beside what it has; ``clear`` names what is taken out."""

    credentials = fields.Dict(keys=fields.String(), values=fields.String(validate=LONG), load_default=dict)
    settings = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    clear = fields.List(fields.String(), load_default=list)


@blp.on("PATCH", "/accounts/<key>")
@needs("manage_accounts", "write")
@blp.takes(Entries)
@blp.gives(204)
def enter_account(actor: Actor, wish: dict[str, Any], key: str) -> None:
    """Enter credentials (sealed, never shown again) and settings; only what is named changes. 422 names the field."""
    enter(actor, key, wish["credentials"], wish["settings"], wish["clear"])


class SwitchWish(Strict):
    """Whether the agency shall have the channel."""

    on = fields.Boolean(required=True)


@blp.on("PUT", "/channels/<name>")
@needs("manage_accounts", "write")
@blp.takes(SwitchWish)
@blp.gives(200, ChannelItem)
def switch_channel(actor: Actor, wish: dict[str, Any], name: str) -> dict[str, Any]:
    """Switch a channel on or off. Off: nothing new begins on it, within two seconds; what is out is still followed."""
    switch(actor, name, wish["on"])
    return next(one for one in _channels() if one["name"] == name)


@blp.on("GET", "/channels")
@needs("see_accounts")
@blp.gives(200, ChannelItem(many=True))
def list_channels(_: Actor) -> list[dict[str, Any]]:
    """The installed channels, which of them the agency has, and the kinds of account they know."""
    return _channels()


def _channels() -> list[dict[str, Any]]:
    channels: Registry = current_app.extensions["channels"]
    none = off()
    return [
        {
            "name": one.channel.name,
            "on": one.channel.name not in none,
            "title": (one.channel.title.zh, one.channel.title.en),
            "distribution": one.distribution,
            "kinds": [
                {
                    "name": k.name,
                    "title": (k.title.zh, k.title.en),
                    "assisted": k.assisted,
                    "opt_in": k.opt_in,
                    "risk": (k.risk.zh, k.risk.en) if k.risk else None,
                }
                for k in one.channel.kinds
            ],
        }
        for one in channels.all()
    ]
