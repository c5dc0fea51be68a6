"""Reports that go out by themselves, and their links."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.reports import orders
from saas.reports.guests import service as guests
from saas.reports.ordered import PERIODS
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("report_orders", "/reports", "Reports that go out by themselves")


class OrderItem(Strict):
    """One order; ``client_id`` null: the agency's report."""

    id = fields.Integer()
    client_id = fields.Integer(allow_none=True)
    client = fields.String()
    period = fields.String()
    hour = fields.Integer()
    link_days = fields.Integer()
    members = fields.List(fields.Integer())
    destinations = fields.List(fields.Integer())
    by = fields.String()
    at = fields.AwareDateTime()


class OrderWish(Strict):
    """Whose report, when, to whom: members by e-mail, destinations of the alerts, guests (asked first, in the language given)."""

    period = fields.String(required=True, validate=validate.OneOf(tuple(PERIODS)))
    client_id = fields.Integer(load_default=None, allow_none=True, strict=True)
    members = fields.List(fields.Integer(strict=True), load_default=[], validate=validate.Length(max=100))
    destinations = fields.List(fields.Integer(strict=True), load_default=[], validate=validate.Length(max=50))
    guests = fields.List(fields.String(validate=validate.Length(3, 254)), load_default=[], validate=validate.Length(max=20))
    locale = fields.String(load_default="zh", validate=validate.OneOf(("zh", "en")))
    hour = fields.Integer(load_default=9, strict=True)
    link_days = fields.Integer(load_default=14, strict=True)


class GuestItem(Strict):
    """Somebody outside. ``state``: asked, expired, confirmed, stopped or refused; ``mail``: what became of the mail that asks."""

    id = fields.Integer()
    order_id = fields.Integer()
    email = fields.String()
    locale = fields.String()
    by = fields.String()
    asked_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    confirmed_at = fields.AwareDateTime(allow_none=True)
    stopped_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    mail = fields.String()


class GuestWish(Strict):
    """Whom to ask, in which language."""

    email = fields.String(required=True, validate=validate.Length(3, 254))
    locale = fields.String(load_default="zh", validate=validate.OneOf(("zh", "en")))


class ReportLinkItem(Strict):
    """A link that went out; its address is nobody's to give again."""

    id = fields.Integer()
    order_id = fields.Integer()
    client = fields.String()
    period = fields.String()
    made_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    views = fields.Integer()
    seen_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()


@blp.on("GET", "/orders")
@needs("manage_rules")
@blp.gives(200, OrderItem(many=True))
def list_all(actor: Actor) -> Any:
    """Every order that stands."""
    return orders.list_orders(actor)


@blp.on("POST", "/orders")
@needs("manage_rules", "write")
@blp.takes(OrderWish)
@blp.gives(201, OrderItem)
def order(actor: Actor, wish: dict[str, Any]) -> Any:
    """Order one: it goes out when its next span is over."""
    return orders.add_order(actor, **wish)


@blp.on("DELETE", "/orders/<int:order_id>")
@needs("manage_rules", "write")
@blp.gives(204)
def end(actor: Actor, order_id: int) -> None:
    """No more of it."""
    orders.end_order(actor, order_id)


@blp.on("GET", "/guests")
@needs("manage_rules")
@blp.gives(200, GuestItem(many=True))
def list_guests(actor: Actor) -> Any:
    """Everybody outside of every order that stands."""
    return guests.list_guests(actor)


@blp.on("POST", "/orders/<int:order_id>/guests")
@needs("manage_rules", "write")
@blp.takes(GuestWish)
@blp.gives(201, GuestItem)
def invite(actor: Actor, wish: dict[str, Any], order_id: int) -> Any:
    """Ask an address, once, whether it wants the reports of an order."""
    return guests.invite_guest(actor, order_id, **wish)


@blp.on("DELETE", "/guests/<int:guest_id>")
@needs("manage_rules", "write")
@blp.gives(204)
def remove(actor: Actor, guest_id: int) -> None:
    """Nothing more to them, and the links they were sent end."""
    guests.remove_guest(actor, guest_id)


@blp.on("GET", "/links")
@needs("manage_rules")
@blp.gives(200, ReportLinkItem(many=True))
def links(actor: Actor) -> Any:
    """The newest links that went out."""
    return orders.list_links(actor)


@blp.on("DELETE", "/links/<int:link_id>")
@needs("manage_rules", "write")
@blp.gives(204)
def revoke(actor: Actor, link_id: int) -> None:
    """End a link now."""
    orders.revoke_link(actor, link_id)
