"""The words of a message, and the body made of an account's template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qunfa_webhook.kinds import TEMPLATE
from saas.channels import Account, Delivery, Message
from saas.channels.message import fill


class BadTemplate(ValueError):
    """The account's template is no JSON object; the text says where, in both languages."""


def words(message: Message) -> str:
    """All that is said, a line each: the text, then title, description and address of the link."""
    link = message.link
    parts = (message.text, link.title, link.description, link.url) if link else (message.text,)
    return "\n".join(part for part in parts if part)


def body(account: Account, message: Message, delivery: Delivery) -> dict[str, Any]:
    """The template with ``{text} {title} {description} {url} {key} {account}`` filled. BadTemplate."""
    written = str(account.settings.get("template") or TEMPLATE)
    link = message.link
    values = {
        "text": message.text or words(message),
        "title": link.title if link else "",
        "description": link.description if link else "",
        "url": link.url if link else "",
        "key": delivery.key,
        "account": account.key,
    }
    try:
        read = json.loads(written)
    except ValueError as error:
        raise BadTemplate(f"请求体模板不是 JSON，请更正：{error} / the template is no JSON, correct it: {error}") from None
    if not isinstance(read, dict):
        raise BadTemplate("请求体模板须为 JSON 对象 / the template must be a JSON object")
    filled: dict[str, Any] = _filled(read, values)
    return filled


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Every text of the template with its places filled, after it was read: no word of a message can break the JSON."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, dict):
        return {name: _filled(inner, values) for name, inner in value.items()}
    return [_filled(inner, values) for inner in value] if isinstance(value, list) else value
