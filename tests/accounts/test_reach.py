"""Channels go to public addresses, and into the installation's own network only where it was allowed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saas.accounts import entering
from saas.accounts.entering import enter
from saas.accounts.reach import Reach
from saas.channels import NotSent
from saas.channels.broken import PRIVATE
from saas.channels.http import Http
from saas.kernel.errors import Invalid
from saas.kernel.settings import Settings, settings
from tests.conftest import House

PUBLIC = Reach((), (), loopback=False)
INSIDE = [
    "http://127.0.0.1/", "http://10.1.2.3:8080/", "https://192.168.0.1/", "http://169.254.169.254/latest", "http://100.64.0.1/",
    "http://[::1]:80/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/",
    "ws://127.0.0.1:3001", "http://localhost:6379/", "http://[fd00::1]/", "http://224.0.0.1/", "http://0.0.0.0/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_check_36_no_channel_is_led_into_the_network_by_a_number(url: str) -> None:
    assert PUBLIC.refuses(url)
    assert not PUBLIC.refuses("https://1.1.1.1/") and not PUBLIC.refuses("https://api.weixin.qq.com/cgi-bin")


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """A server on this machine that counts who comes; a public name that stands for its address."""
    found = socket.getaddrinfo

    def lead_home(host: str, *rest: Any, **more: Any) -> Any:
        return found("127.0.0.1" if host == "platform.example.com" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lead_home)
    return lambda: "platform.example.com"


async def _served(reach: Reach, host: str) -> tuple[str, int]:
    came = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = Http(timeout=5, connector=reach.connector)
    try:
        told = (await http.get(f"http://{host}:{port}/")).body.decode()
    except NotSent as error:
        told = str(error)
    finally:
        await http.close()
        server.close()
        await server.wait_closed()
    return told, came


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "platform.example.com"])
def test_check_36_a_request_into_the_network_is_surely_not_sent(at_home: Callable[[], str], host: str) -> None:
    assert asyncio.run(_served(PUBLIC, host)) == (PRIVATE, 0)


@pytest.mark.parametrize(
    "allowed", [["127.0.0.1"], ["127.0.0.0/8"], ["platform.example.com"]], ids=["address", "network", "name"]
)
def test_what_was_allowed_is_reached(at_home: Callable[[], str], allowed: list[str]) -> None:
    host = at_home() if "." in allowed[0] and allowed[0][0] == "p" else "127.0.0.1"
    assert asyncio.run(_served(Reach(allowed, (), loopback=False), host)) == ("here", 1)


def test_an_allowed_port_opens_no_other(at_home: Callable[[], str]) -> None:
    reach = Reach(["127.0.0.1:3001", "[::1]:3001", "10.0.0.0/8:80"], ["http://127.0.0.1:4001"], loopback=False)
    for url in ("ws://127.0.0.1:3001", "http://[::1]:3001", "http://10.9.9.9/", "http://127.0.0.1:4001/x"):
        assert not reach.refuses(url), url
    for url in ("ws://127.0.0.1:3002", "http://[::1]/", "https://10.9.9.9/", "http://127.0.0.1/"):
        assert reach.refuses(url), url


@pytest.mark.parametrize(("base", "own"), [("http://127.0.0.1:8000", True), ("https://qunfa.example.com", False)])
def test_a_trial_on_ones_own_machine_reaches_it_and_an_installation_does_not(house: House, base: str, own: bool) -> None:
    reach = Reach.of(replace(settings(), base_url=base, simulators={"wecom": "http://127.0.0.1:4001"}))
    assert reach.refuses("http://127.0.0.1:9/") is not own
    assert not reach.refuses("http://127.0.0.1:4001/")
    assert reach.refuses("http://10.0.0.1/")


def test_an_address_inside_is_refused_where_it_is_entered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.account("moon", "webhook", "own")
    known: Settings = replace(settings(), base_url="https://qunfa.example.com")
    monkeypatch.setattr(entering, "settings", lambda: known)
    with house.within(), pytest.raises(Invalid) as told:
        enter(house.actor("admin"), "moon", {"secret": "s"}, {"url": "http://169.254.169.254/latest"})
    assert (told.value.code, told.value.field) == ("private_address", "settings.url")
    assert "QUNFA_PRIVATE_HOSTS" in told.value.message[1]
