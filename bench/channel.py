"""A channel for the bench alone: template messages the way a real plugin makes them, to the bench's endpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from saas.channels import (
    Account,
    AccountKind,
    Cap,
    Channel,
    Delivery,
    FanOut,
    Limits,
    MaybeSent,
    Message,
    Outcome,
    Platform,
    Progress,
    Rate,
    Receipt,
    Refused,
    Repeat,
    Route,
    Text,
    Window,
    hookimpl,
)
from saas.channels.registry import Registry

NAME = "bench"
ROUTE = Route("template", ("template",), ("ids",), FanOut("each"), Repeat("key", 1800))
KIND = AccountKind("service", Text("压测", "bench"), (ROUTE,))
CAP = Cap("per_day", "account", Window("day"), 10_000_000)
DELIVERED = Progress(delivered=1, final=True)


class BenchChannel:
    """One call per recipient, the account's cap far away, the pace out of the way."""

    def __init__(self, at_once: int) -> None:
        self._limits = Limits((CAP,), Rate(1_000_000, 1.0, at_once))

    @hookimpl
    def channel(self) -> Channel:
        return Channel(NAME, Text("压测", "bench"), (KIND,))

    @hookimpl
    def limits(self, account: Account, route: Route, now: datetime) -> Limits:
        return self._limits

    @hookimpl
    async def send(self, account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
        if message.template is None:
            return Refused("no template")
        body = body_for(delivery.target.ids[0], message.template.filled(delivery.target.fields), delivery.key)
        answer = await platform.http.post(account.settings["url"], json=body)
        if answer.status >= 500:
            raise MaybeSent(f"HTTP {answer.status}")
        said = answer.json()
        if said["errcode"]:
            return Refused(said["errmsg"], str(said["errcode"]))
        return Receipt({"msg_id": str(said["msgid"])}, DELIVERED)

    @hookimpl
    async def recall(self, account: Account, delivery: Delivery, message: Message, platform: Platform) -> Outcome:
        return Refused("cannot be taken back")


def body_for(recipient: str, data: dict[str, str], key: str) -> dict[str, Any]:
    """What a template message looks like on the way to the platform."""
    return {
        "touser": recipient,
        "template_id": "t",
        "data": {name: {"value": value} for name, value in data.items()},
        "client_msg_id": key,
    }


def registry(at_once: int) -> Registry:
    """A registry with this channel alone."""
    channels = Registry()
    channels.register(NAME, BenchChannel(at_once))
    channels.freeze()
    return channels
