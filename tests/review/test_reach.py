"""Links are asked like a stranger's request: public places only, every redirect judged anew, never a body, never long."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from saas.content.links import FoundLink
from saas.review import reach as reaching
from saas.review.compliance.destinations import destination_findings
from saas.review.reach import Blocked, PublicOnly, Reached, allowed, reach, refused

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:53aa:64c:0:0:f5ff:fffe", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_check_36_no_private_address_is_connected_to(address: str) -> None:
    assert not allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_may_be_asked(address: str) -> None:
    assert allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://localhost/", "http://10.1.2.3/", "http://user@example.com/", "http://example.com:8080/", "http://example.com:22/",
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "http://metadata/", "http://a.local/", "http://example.com:99999/",
    ],
)  # fmt: skip
def test_check_36_odd_and_private_links_are_not_asked(url: str) -> None:
    assert refused(url)


def test_check_36_a_name_that_also_stands_for_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two_answers(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.7")]

    async def ask() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", two_answers)
        with pytest.raises(Blocked):
            await PublicOnly().resolve("rebind.example.com", 80)

    asyncio.run(ask())


@asynccontextmanager
async def site() -> AsyncIterator[tuple[str, list[str]]]:
    """A site on this machine; the paths that were asked for."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if request.path.startswith("/to/"):
            return web.Response(status=302, headers={"Location": request.query.get("where", "/there")})
        if request.path == "/loop":
            return web.Response(status=302, headers={"Location": "/loop"})
        if request.path == "/slow":
            await asyncio.sleep(30)
        if request.path == "/endless":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(10_000):
                await response.write(b"x" * 65536)
            return response
        return web.Response(status=404 if request.path == "/gone" else 200, text="hello")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


def asked_of(*paths: str, loopback: bool = True) -> tuple[dict[str, Reached], list[str], str]:
    async def ask() -> tuple[dict[str, Reached], list[str], str]:
        async with site() as (base, asked):
            found = await reach([base + path for path in paths], loopback)
            return {url.removeprefix(base): one for url, one in found.items()}, asked, base

    return asyncio.run(ask())


def test_redirects_are_followed_by_hand_and_each_step_is_kept() -> None:
    found, _, base = asked_of("/here", "/to/a", "/gone", "/loop")
    assert (found["/here"].status, found["/here"].redirected) == (200, False)
    assert found["/to/a"].chain == (f"{base}/to/a", f"{base}/there")
    assert found["/gone"].status == 404
    assert found["/loop"].fault == "redirects"


def test_check_36_a_redirect_to_a_private_place_is_not_followed() -> None:
    found, asked, _ = asked_of("/to/b?where=http://10.0.0.1/", "/to/c?where=http://169.254.169.254/latest")
    assert [one.fault for one in found.values()] == ["private", "private"]
    assert sorted(asked) == ["/to/b", "/to/c"]


def test_without_a_rehearsal_this_machine_is_never_asked() -> None:
    found, asked, _ = asked_of("/here", loopback=False)
    assert found["/here"].fault == "private"
    assert asked == []


def test_a_slow_or_endless_page_costs_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "SECONDS", 0.5)
    began = time.monotonic()
    found, _, _ = asked_of("/slow", "/endless")
    assert time.monotonic() - began < 5
    assert found["/slow"].fault == "timeout"
    assert found["/endless"].status == 200


def links_told(reached: dict[str, Reached], allow: dict[str, list[str]] | None = None) -> list[tuple[str, str]]:
    links = [FoundLink(url, "a.md", 3) for url in reached]
    return [(f.rule, f.severity) for f in destination_findings(links, reached, allow or {})]


def test_what_links_lead_to_is_told_as_findings() -> None:
    a, b = "https://a.example.com/", "https://b.example.net/"
    assert links_told({a: Reached((a,), 200)}) == []
    assert links_told({a: Reached((a, b), 200)}) == [("link_redirect", "note")]
    assert links_told({a: Reached((a, b), 200)}, {"sub": ["example.com"]})[-1] == ("link_redirect_domain", "warn")
    assert links_told({a: Reached((a,), 404)}) == [("link_dead", "warn")]
    assert links_told({a: Reached((a, b), fault="private")}) == [("link_private", "block")]
    assert links_told({a: Reached((a,), fault="name"), b: Reached((b,), 200)}) == [("link_name", "warn")]
    assert links_told({a: Reached((a,), fault="name")}) == [("link_name", "note")], "nothing is known without a name service"
