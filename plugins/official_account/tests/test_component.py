"""A third-party platform against the stand-in for WeChat: tickets, scans, tokens that work once, withdrawals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import ClientSession, web

from qunfa_official_account import plugin
from qunfa_official_account.component import TICKET_LIFE
from saas.channels import Account, CallbackRequest, NotSent, Portal, PortalNews, PortalRefused, Revoked
from saas.channels.http import Http
from saas.channels.simulator import Enrolment
from saas.channels.simulator.server import Server

BACK = "http://127.0.0.1:9/portals/back/state"
ALL = ("1", "2", "7", "11")


@dataclass
class PortalLine:
    """A portal's line as the core has it, in memory."""

    http: Http
    pushed: tuple[str, datetime] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def ticket(self) -> tuple[str, datetime] | None:
        return self.pushed

    async def token(self, name: str, fetch: Callable[[], Any], stale: str = "") -> str:
        if self.tokens.get(name, stale) == stale:
            self.tokens[name], _ = await fetch()
        return self.tokens[name]


@dataclass
class Scene:
    """The platform, our portal on it, and a server that hears what it pushes."""

    server: Server
    portal: Portal
    line: PortalLine
    pushes: asyncio.Queue[tuple[str, CallbackRequest]]

    async def news(self) -> PortalNews:
        """The next push to the portal."""
        async with asyncio.timeout(10):
            path, request = await self.pushes.get()
        assert path == "/events"
        return plugin.portal_callback(self.portal, request).news[0]

    async def ticket(self) -> None:
        """Wait for a ticket."""
        news = await self.news()
        assert news.change == "ticket"
        self.line.pushed = (news.value, datetime.fromtimestamp(news.at, UTC))

    async def scan(self, url: str, app_id: str, rights: tuple[str, ...] = ALL, decision: str = "agree") -> dict[str, str]:
        """As an owner's phone does it; the query of the address the browser is sent back to."""
        form = [*parse_qsl(urlsplit(url).query), ("account", app_id), ("decision", decision), *(("right", one) for one in rights)]
        page = url.partition("?")[0]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with (
            ClientSession() as browser,
            browser.post(page, data=urlencode(form), headers=headers, allow_redirects=False) as got,
        ):
            if got.status != 302:
                return {}
            assert got.headers["Location"].startswith(BACK)
            return dict(parse_qsl(urlsplit(got.headers["Location"]).query))

    async def admitted(self, app_id: str, rights: tuple[str, ...] = ALL) -> Any:
        """Invited, scanned, redeemed."""
        made = await plugin.invite(self.portal, BACK, self.line)
        return await plugin.admit(self.portal, await self.scan(made.url, app_id, rights), self.line)

    def fresh(self, kind: str = "subscription") -> str:
        """An account that nobody has authorised yet."""
        return next(id for id, record in self.server.stage.accounts.items() if record["kind"] == kind and record["key"] == id)


@asynccontextmanager
async def on_stage(tmp_path: Any, ticket: bool = True) -> AsyncIterator[Scene]:
    heard: asyncio.Queue[tuple[str, CallbackRequest]] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        body, headers = await request.read(), {name.lower(): value for name, value in request.headers.items()}
        heard.put_nowait((request.path, CallbackRequest(request.method, dict(request.query), headers, body, time.time())))
        return web.Response(text="success")

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = Server(plugin.simulator(), tmp_path, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await server.start()
    made = server.simulator.enrol_portal(server.stage, "p", "/events")
    line = PortalLine(Http())
    scene = Scene(server, Portal(1, "official_account", "p", made["credentials"], made["settings"]), line, heard)
    try:
        if ticket:
            await scene.ticket()
        yield scene
    finally:
        await line.http.close()
        await server.stop()
        await runner.cleanup()


async def test_an_owner_scans_and_the_account_comes_with_name_kind_and_rights(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        app_id = scene.fresh("service")
        granted = await scene.admitted(app_id, ("1", "7"))
        assert (granted.id, granted.kind, granted.name, granted.credentials) == (
            app_id,
            "service",
            "示例新客户服务号",
            {"app_id": app_id},
        )
        assert granted.rights == {"1", "7"}
        assert granted.settings["verified"] is True
        news = await scene.news()
        assert (news.change, news.id) == ("authorised", app_id)


async def test_a_code_works_once(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        made = await plugin.invite(scene.portal, BACK, scene.line)
        answer = await scene.scan(made.url, scene.fresh())
        await plugin.admit(scene.portal, answer, scene.line)
        with pytest.raises(PortalRefused) as told:
            await plugin.admit(scene.portal, answer, scene.line)
        assert told.value.code == "61009"


async def test_an_owner_who_refuses_is_told_in_so_many_words(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        made = await plugin.invite(scene.portal, BACK, scene.line)
        with pytest.raises(PortalRefused, match="没有同意"):
            await plugin.admit(scene.portal, await scene.scan(made.url, scene.fresh(), decision="refuse"), scene.line)


async def test_a_page_that_is_too_old_gives_no_code(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        made = await plugin.invite(scene.portal, BACK, scene.line)
        scene.server.stage.skip(made.seconds + 1)
        assert await scene.scan(made.url, scene.fresh()) == {}


async def test_a_refresh_token_works_once_and_the_list_has_the_next(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        granted = await scene.admitted(scene.fresh())
        first = await plugin.renew(scene.portal, granted.id, granted.refresh, scene.line)
        assert first.refresh != granted.refresh
        with pytest.raises(Revoked) as told:
            await plugin.renew(scene.portal, granted.id, granted.refresh, scene.line)
        assert told.value.code == "61023"
        pages = [page async for page in plugin.relist(scene.portal, scene.line)]
        assert pages == [[(granted.id, first.refresh)]]


async def test_without_a_ticket_nothing_is_asked_and_the_platform_is_told_to_push_one(tmp_path: Any) -> None:
    async with on_stage(tmp_path, ticket=False) as scene:
        await scene.news()
        with pytest.raises(NotSent, match="ticket"):
            await plugin.invite(scene.portal, BACK, scene.line)
        await scene.ticket()
        assert (await plugin.invite(scene.portal, BACK, scene.line)).url


async def test_an_old_or_a_wrong_ticket_waits_for_the_next(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        assert scene.line.pushed
        value, at = scene.line.pushed
        scene.line.pushed = (value, datetime.fromtimestamp(at.timestamp() - TICKET_LIFE - 1, UTC))
        with pytest.raises(NotSent, match="过期"):
            await plugin.invite(scene.portal, BACK, scene.line)
        scene.line.pushed = ("another", at)
        with pytest.raises(NotSent, match="61006"):
            await plugin.invite(scene.portal, BACK, scene.line)


async def test_a_wrong_secret_of_the_platform_is_named(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        wrong = Portal(
            1, "official_account", "p", {**scene.portal.credentials, "component_appsecret": "x"}, scene.portal.settings
        )
        with pytest.raises(PortalRefused) as told:
            await plugin.invite(wrong, BACK, scene.line)
        assert told.value.code == "40125"


async def test_a_dead_token_of_the_platform_is_replaced_once(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        scene.line.tokens["component"] = "no such token"
        assert (await plugin.invite(scene.portal, BACK, scene.line)).url


async def test_an_owner_who_withdraws_is_heard_and_believed(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        granted = await scene.admitted(scene.fresh())
        await scene.news()
        async with ClientSession() as browser:
            await browser.post(f"{scene.server.stage.address}/_owners/{granted.id}/withdraw")
        news = await scene.news()
        assert (news.change, news.id) == ("withdrawn", granted.id)
        with pytest.raises(Revoked):
            await plugin.inspect(scene.portal, granted.id, scene.line)


async def test_other_rights_are_news_and_the_same_rights_are_none(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        app_id = scene.fresh()
        await scene.admitted(app_id)
        assert (await scene.news()).change == "authorised"
        await scene.admitted(app_id)
        await scene.admitted(app_id, ("1", "2", "11"))
        assert (await scene.news()).change == "updated"
        assert (await plugin.inspect(scene.portal, app_id, scene.line)).rights == {"1", "2", "11"}


async def test_messages_of_its_accounts_come_sealed_with_the_platforms_keys(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        granted = await scene.admitted(scene.fresh())
        await scene.news()
        said = {"MsgType": "text", "Content": "在吗", "FromUserName": "o1", "MsgId": "1"}
        await scene.line.http.post(f"{scene.server.stage.address}/_rehearse/{granted.id}/push", json=said)
        async with asyncio.timeout(10):
            path, request = await scene.pushes.get()
        assert path == f"/events/{granted.id}"
        known = {**granted.credentials, **scene.portal.credentials}
        account = Account(1, granted.id, "official_account", granted.kind, granted.name, known, granted.settings, portal=1)
        assert plugin.callback(account, request).events[0].text == "在吗"
        own = Account(1, granted.id, "official_account", granted.kind, granted.name, granted.credentials, granted.settings)
        assert plugin.callback(own, request).status == 403


async def test_a_push_with_another_key_or_for_another_platform_is_refused(tmp_path: Any) -> None:
    async with on_stage(tmp_path, ticket=False) as scene:
        async with asyncio.timeout(10):
            _, request = await scene.pushes.get()
        for name in ("component_token", "component_aes_key", "component_appid"):
            other = Portal(1, "official_account", "p", {**scene.portal.credentials, name: "x" * 43}, scene.portal.settings)
            assert plugin.portal_callback(other, request).status == 403
        late = CallbackRequest(request.method, request.query, request.headers, request.body, request.now + 301)
        assert plugin.portal_callback(scene.portal, late).status == 403


async def test_a_right_that_was_not_granted_is_refused_by_the_platform(tmp_path: Any) -> None:
    async with on_stage(tmp_path) as scene:
        granted = await scene.admitted(scene.fresh(), ("1", "2"))
        renewed = await plugin.renew(scene.portal, granted.id, granted.refresh, scene.line)
        url = f"{scene.server.stage.address}/cgi-bin/message/mass/sendall?access_token={renewed.token}"
        assert (await scene.line.http.post(url, json={})).json()["errcode"] == 61007


def test_the_same_accounts_wait_for_a_scan_each_time(tmp_path: Any) -> None:
    simulator = plugin.simulator()
    first = simulator.enrol(Enrolment("p subscription", "subscription", "x", 1, ""), "http://127.0.0.1:1")
    assert first.id == simulator.enrol(Enrolment("p subscription", "subscription", "x", 1, ""), "http://127.0.0.1:1").id
