"""News of customer groups: what is dismissed is pushed, signed and read, and is none of an owner's groups any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from qunfa_wecom import plugin
from saas.channels import CallbackRequest, TargetChanged

Play = Callable[..., None]


async def news(stand: Any, heard: asyncio.Queue[CallbackRequest]) -> TargetChanged:
    """The next push, as the account's channel reads it."""
    async with asyncio.timeout(20):
        request = await heard.get()
    reply = plugin.callback(stand.account, replace(request, now=float(request.query["timestamp"])))
    event = reply.events[0]
    assert reply.status == 200 and isinstance(event, TargetChanged)
    return event


def test_a_customer_group_that_is_dismissed_is_pushed_and_listed_no_more(play: Play) -> None:
    async def scene(stand: Any) -> None:
        heard: asyncio.Queue[CallbackRequest] = asyncio.Queue()

        async def hear(request: web.Request) -> web.Response:
            await heard.put(CallbackRequest("POST", dict(parse_qsl(request.query_string)), {}, await request.read(), 0.0))
            return web.Response(text="success")

        app = web.Application()
        app.router.add_post("/callbacks/groups", hear)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stand.server.stage.callbacks = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            people = f"{stand.account.settings['base_url']}/people/{stand.id}"
            gone = (await stand.platform.http.post(people, {"change": "dismiss", "index": 3})).json()["chat_id"]
            event = await news(stand, heard)
            made = (await stand.platform.http.post(people, {"change": "create"})).json()["chat_id"]
        finally:
            await runner.cleanup()
        assert (event.target, event.change) == (gone, "left")
        listed = [chat for target in await stand.targets() for chat in target.fields["groups"].split()]
        assert gone not in listed and made in listed and len(listed) == 8

    play("groups", 8, scene)
