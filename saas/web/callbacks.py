"""What platforms push: handed to the delivery room as it came, verified there by the account's channel."""

from __future__ import annotations

from flask import Blueprint, Response, request

from saas.channels import CallbackRequest
from saas.delivery.callbacks import receive
from saas.kernel import clock
from saas.web.doors import open_door

pages = Blueprint("callbacks", __name__)


@pages.route("/callbacks/<ref>", methods=["GET", "POST"])
@open_door
def push(ref: str) -> Response:
    """Answer the platform in its own words."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    asked = CallbackRequest(request.method, request.args.to_dict(), headers, request.get_data(), clock.now().timestamp())
    reply = receive(ref, asked)
    return Response(reply.body, reply.status, content_type=reply.content_type)
