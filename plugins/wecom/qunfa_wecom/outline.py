"""The outline of a message: what the platform's listings keep of it, to tell our own message from another.

Pictures are not compared: the platform lists them under ids of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saas.channels import Message

Outline = tuple[str, tuple[tuple[str, ...], ...]]


def outline(message: Message) -> Outline:
    """The outline of a message as we would send it."""
    parts: tuple[tuple[str, ...], ...] = ()
    if message.kind == "link" and message.link:
        parts = (("link", message.link.title, message.link.url),)
    elif message.kind == "miniprogram" and message.template:
        parts = (("miniprogram", message.template.id, message.template.url, message.template.data.get("title", "")),)
    elif message.kind == "image":
        parts = tuple(("image",) for _ in message.images)
    return message.text.strip(), parts


def listed_outline(item: Mapping[str, Any]) -> Outline:
    """The outline of an entry of get_groupmsg_list_v2."""
    text = (item.get("text") or {}).get("content", "").strip()
    return text, tuple(_part(attachment) for attachment in item.get("attachments") or ())


def moment_outline(item: Mapping[str, Any]) -> Outline:
    """The outline of an entry of get_moment_list."""
    text = (item.get("text") or {}).get("content", "").strip()
    if item.get("link"):
        return text, (("link", item["link"].get("title", ""), item["link"].get("url", "")),)
    return text, tuple(("image",) for _ in item.get("image") or ())


def _part(attachment: Mapping[str, Any]) -> tuple[str, ...]:
    kind = attachment.get("msgtype", "")
    body = attachment.get(kind) or {}
    if kind == "link":
        return "link", body.get("title", ""), body.get("url", "")
    if kind == "miniprogram":
        return "miniprogram", body.get("appid", ""), body.get("page", ""), body.get("title", "")
    return (kind,)
