"""Template messages: one call per follower, kept lean because campaigns make a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from qunfa_official_account.client import Client
from saas.channels import Delivery, Message, Outcome, Progress, Receipt, Refused, Template
from saas.channels.message import fill

PATH = "/cgi-bin/message/template/send"
GIVE_UP = 3600.0
ACCEPTED = Progress(poll_after=GIVE_UP)


async def send_template(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """Send to the one follower of the delivery. Raises Refusal, NotSent, MaybeSent."""
    template, target = message.template, delivery.target
    if template is None or len(target.ids) != 1:
        return Refused("模板消息每次发给一位粉丝 / a template message goes to one follower each", "", "audience")
    body: dict[str, Any] = {
        "touser": target.ids[0],
        "template_id": template.id,
        "data": {name: {"value": value} for name, value in template.filled(target.fields).items()},
        "client_msg_id": delivery.key,
    }
    if template.url:
        body["url"] = address(template, target.fields)
    answer = await client.act(PATH, body)
    return Receipt({"msg_id": str(answer.get("msgid", ""))}, ACCEPTED)


def address(template: Template, fields: Mapping[str, str]) -> str:
    """The link with its placeholders filled: quoted, unless the placeholder is the whole link."""
    if template.url.startswith("{"):
        return fill(template.url, fields)
    named = {name: quote(value, safe="") for name, value in fields.items() if f"{{{name}}}" in template.url}
    return fill(template.url, named)
