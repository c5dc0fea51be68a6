"""Whom an account can reach: its followers' openids by the ten thousand, or their number for a send to all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from qunfa_official_account.client import Client
from qunfa_official_account.outcomes import Refusal
from saas.channels import NotSent, Route, Target

PATH = "/cgi-bin/user/get"


async def pages(client: Client, route: Route) -> AsyncIterator[list[Target]]:
    """Pages of followers; one target with their number where the platform multiplies. Raises NotSent."""
    answer = await _page(client, {})
    if route.fan_out.mode == "platform":
        yield [Target("all", people=int(answer.get("total", 0)))]
        return
    while found := (answer.get("data") or {}).get("openid"):
        yield [Target("ids", (str(openid),)) for openid in found]
        following = str(answer.get("next_openid") or "")
        if not following:
            return
        answer = await _page(client, {"next_openid": following})


async def _page(client: Client, after: Mapping[str, str]) -> dict[str, Any]:
    """Pages have no outcome to say no with: a refusal is a list that could not be had."""
    try:
        return await client.read(PATH, after)
    except Refusal as refusal:
        raise NotSent(refusal.sentence()) from None
