"""Whom an account can reach: its followers' openids by the ten thousand, or their number for a send to all."""

from __future__ import annotations

from collections.abc import AsyncIterator

from qunfa_official_account.client import Client
from saas.channels import Route, Target

PATH = "/cgi-bin/user/get"


async def pages(client: Client, route: Route) -> AsyncIterator[list[Target]]:
    """Pages of followers; one target with their number where the platform multiplies. Raises Refusal, NotSent."""
    answer = await client.read(PATH)
    if route.fan_out.mode == "platform":
        yield [Target("all", people=int(answer.get("total", 0)))]
        return
    while found := (answer.get("data") or {}).get("openid"):
        yield [Target("ids", (str(openid),)) for openid in found]
        following = str(answer.get("next_openid") or "")
        if not following:
            return
        answer = await client.read(PATH, {"next_openid": following})
