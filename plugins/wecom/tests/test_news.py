"""News of customers and their groups: who comes and goes and what is dismissed is pushed, signed, sealed and read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from qunfa_wecom import plugin
from saas.channels import CallbackRequest, TargetChanged

Play = Callable[..., None]
Next = Callable[[], Awaitable[TargetChanged]]


@asynccontextmanager
async def hearing(stand: Any) -> AsyncIterator[Next]:
    """Gives the next push, as the account's channel reads it."""
    heard: asyncio.Queue[CallbackRequest] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        await heard.put(CallbackRequest("POST", dict(parse_qsl(request.query_string)), {}, await request.read(), 0.0))
        return web.Response(text="success")

    async def news() -> TargetChanged:
        request = await asyncio.wait_for(heard.get(), 20)
        reply = plugin.callback(stand.account, replace(request, now=float(request.query["timestamp"])))
        event = reply.events[0]
        assert reply.status == 200 and isinstance(event, TargetChanged)
        return event

    app = web.Application()
    app.router.add_post("/callbacks/{kind}", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stand.server.stage.callbacks = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield news
    finally:
        await runner.cleanup()


async def change(stand: Any, **what: Any) -> dict[str, Any]:
    """What people do at the platform."""
    told: dict[str, Any] = (
        await stand.platform.http.post(f"{stand.account.settings['base_url']}/people/{stand.id}", what)
    ).json()
    return told


def test_customers_who_come_and_go_are_pushed_signed_and_encrypted(play: Play) -> None:
    async def scene(stand: Any) -> None:
        async with hearing(stand) as news:
            came = (await change(stand, change="add"))["external_userid"]
            events = [await news()]
            await change(stand, change="leave", index=3)
            events.append(await news())
        left = next(e.target for e in events if e.change == "left")
        assert [e.target for e in events if e.change == "joined"] == [came]
        ids = {t.ids[0] for t in await stand.targets()}
        assert came in ids and left not in ids and len(ids) == 40

    play("customer", 40, scene)


def test_a_customer_group_that_is_dismissed_is_pushed_and_listed_no_more(play: Play) -> None:
    async def scene(stand: Any) -> None:
        async with hearing(stand) as news:
            gone = (await change(stand, change="dismiss", index=3))["chat_id"]
            event = await news()
            made = (await change(stand, change="create"))["chat_id"]
        assert (event.target, event.change) == (gone, "left")
        listed = [chat for target in await stand.targets() for chat in target.fields["groups"].split()]
        assert gone not in listed and made in listed and len(listed) == 8

    play("groups", 8, scene)
