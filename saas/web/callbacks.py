"""What platforms push: handed to the delivery room as it came, verified there by the account's channel."""

from __future__ import annotations

from flask import Blueprint, Response, request

from saas.channels import CallbackReply, CallbackRequest, PortalReply
from saas.delivery.callbacks import receive
from saas.delivery.portals import receive_message, receive_news
from saas.kernel import clock
from saas.web.doors import open_door

pages = Blueprint("callbacks", __name__)


@pages.route("/callbacks/<ref>", methods=["GET", "POST"])
@open_door
def push(ref: str) -> Response:
    """Answer the platform in its own words."""
    return _answer(receive(ref, _asked()))


@pages.route("/callbacks/portals/<ref>", methods=["GET", "POST"])
@open_door
def portal_news(ref: str) -> Response:
    """The same, for what is pushed to a portal: tickets, and accounts that come and go."""
    return _answer(receive_news(ref, _asked()))


@pages.route("/callbacks/portals/<ref>/<native>", methods=["GET", "POST"])
@open_door
def portal_message(ref: str, native: str) -> Response:
    """The same, for what happens on an account that was authorised over a portal."""
    return _answer(receive_message(ref, native, _asked()))


def _asked() -> CallbackRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return CallbackRequest(request.method, request.args.to_dict(), headers, request.get_data(), clock.now().timestamp())


def _answer(reply: CallbackReply | PortalReply) -> Response:
    return Response(reply.body, reply.status, content_type=reply.content_type)
