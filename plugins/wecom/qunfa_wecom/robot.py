"""Group robot (群机器人, now 消息推送): one webhook, one internal group, no message id, so nothing can be taken back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

from qunfa_wecom.line import Line
from saas.channels import Account, Delivery, Message, Outcome, Platform, Progress, Receipt, Refused, Target
from saas.channels.http import Upload

PROBE = Upload("qunfa.txt", b"qunfa: webhook check\n", "text/plain")


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Post to the group; the answer is the proof."""
    await line.robot("webhook/send", await _body(line, message))
    return Receipt({}, Progress(delivered=delivery.target.people, final=True))


async def _body(line: Line, message: Message) -> dict[str, Any]:
    if message.kind == "image":
        data = await line.platform.picture(message.images[0].sha256)
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return {"msgtype": "image", "image": {"base64": base64.b64encode(data).decode(), "md5": digest}}
    if message.kind == "link" and message.link:
        link = message.link
        card = {"title": link.title, "description": link.description or message.text, "url": link.url}
        return {"msgtype": "news", "news": {"articles": [card]}}
    return {"msgtype": "text", "text": {"content": message.text}}


async def recall(line: Line, delivery: Delivery, message: Message) -> Outcome:
    """Nothing: the platform gives a robot's message no id."""
    return Refused("群机器人消息没有编号，平台不支持撤回 / a robot's message has no id; the platform takes nothing back")


async def connect(line: Line) -> Outcome:
    """The key works: a small file is uploaded to the webhook, which shows nothing in the group."""
    await line.robot_upload(PROBE)
    return Receipt({})


async def audience(account: Account, platform: Platform, tag: str = "") -> AsyncIterator[list[Target]]:
    """The one group of the webhook."""
    yield [Target("all", (), 1, {"title": account.name})]
