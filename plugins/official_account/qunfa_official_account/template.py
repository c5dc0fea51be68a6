"""Template messages and notices: one call per follower, kept lean because campaigns make a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from qunfa_official_account.client import Client
from saas.channels import Delivery, Message, Outcome, Progress, Receipt, Refused, Target, Template
from saas.channels.message import fill

PATH = "/cgi-bin/message/template/send"
NOTICE = "/cgi-bin/message/subscribe/bizsend"
GIVE_UP = 3600.0
ACCEPTED = Progress(poll_after=GIVE_UP)
ONE_EACH = Refused("这类消息每次发给一位粉丝 / such a message goes to one follower each", "", "audience")


async def send_template(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """Send to the one follower of the delivery. Raises Refusal, NotSent, MaybeSent."""
    template, target = message.template, delivery.target
    if message.kind != "template" or template is None or len(target.ids) != 1:
        return ONE_EACH
    body = {**written(template, target), "client_msg_id": delivery.key}
    if template.url:
        body["url"] = address(template.url, target.fields)
    answer = await client.act(PATH, body)
    return Receipt({"msg_id": str(answer.get("msgid", ""))}, ACCEPTED)


async def send_notice(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """Send to the one subscriber of the delivery, who has one consent less then. Raises Refusal, NotSent, MaybeSent.

    The platform takes no key here, and each call is another message: nothing in here repeats one.
    """
    template, target = message.template, delivery.target
    if message.kind != "notice" or template is None or len(target.ids) != 1:
        return ONE_EACH
    body = written(template, target)
    if template.url:
        body["page"] = address(template.url, target.fields)
    answer = await client.act(NOTICE, body)
    return Receipt({"notice_id": str(answer["msgid"])} if answer.get("msgid") else {}, ACCEPTED)


def written(template: Template, target: Target) -> dict[str, Any]:
    """What both interfaces take of a template, filled in for one person."""
    body: dict[str, Any] = {
        "touser": target.ids[0],
        "template_id": template.id,
        "data": {name: {"value": value} for name, value in template.filled(target.fields).items()},
    }
    if opened := template.mini_program:
        body["miniprogram"] = {"appid": opened.appid, "pagepath": address(opened.path, target.fields)}
    return body


def address(url: str, fields: Mapping[str, str]) -> str:
    """A link or path with its placeholders filled: quoted, unless the placeholder is the whole of it."""
    if url.startswith("{"):
        return fill(url, fields)
    named = {name: quote(value, safe="") for name, value in fields.items() if f"{{{name}}}" in url}
    return fill(url, named)
