"""Whom an account can reach: its followers' openids by the ten thousand, or their number for a send to all or to a tag."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from qunfa_official_account.client import Client
from qunfa_official_account.outcomes import Refusal
from saas.channels import NotSent, Route, Tag, Target

FOLLOWERS, TAGGED, TAGS = "/cgi-bin/user/get", "/cgi-bin/user/tag/get", "/cgi-bin/tags/get"


async def pages(client: Client, route: Route, tag: str = "") -> AsyncIterator[list[Target]]:
    """Pages of followers; one target with their number where the platform multiplies; one page. Raises NotSent."""
    if route.unit == "page":
        yield [Target("all", people=1)]
    elif route.fan_out.mode != "platform":
        async for page in _openids(client, tag):
            yield [Target("ids", (openid,)) for openid in page]
    elif tag:
        # The count of tags/get lags behind, and a page's own count is only the page's: they are counted one by one.
        yield [Target("tag", (tag,), sum([len(page) async for page in _openids(client, tag)]))]
    else:
        yield [Target("all", people=int((await _page(client, "", "")).get("total", 0)))]


async def tags(client: Client) -> list[Tag]:
    """Every tag, with the count the platform keeps for it. Raises NotSent."""
    try:
        answer = await client.read(TAGS)
    except Refusal as refusal:
        raise NotSent(refusal.sentence()) from None
    return [Tag(str(tag["id"]), str(tag.get("name", "")), int(tag.get("count") or 0)) for tag in answer.get("tags") or ()]


async def _openids(client: Client, tag: str) -> AsyncIterator[list[str]]:
    answer = await _page(client, tag, "")
    while found := (answer.get("data") or {}).get("openid"):
        yield [str(openid) for openid in found]
        following = str(answer.get("next_openid") or "")
        if not following:
            return
        answer = await _page(client, tag, following)


async def _page(client: Client, tag: str, after: str) -> dict[str, Any]:
    """Pages have no outcome to say no with: a refusal is a list that could not be had."""
    try:
        if tag:
            return await client.prepare(TAGGED, {"tagid": int(tag), "next_openid": after})
        return await client.read(FOLLOWERS, {"next_openid": after} if after else {})
    except Refusal as refusal:
        raise NotSent(refusal.sentence()) from None
