"""Whether links can be reached, and where they lead: asked from here, so guarded like a stranger's request.

Only public addresses, only the ports of the web, only so many seconds, never a body; the addresses that were judged are the
ones that are connected to, and every redirect is judged anew. Rehearsals may allow this machine itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

import aiohttp

from saas.content.links import link_fault
from saas.kernel.addresses import Address, host_address, public
from saas.kernel.resolving import Judged

SECONDS = 3.0
ALTOGETHER = 5.0
REDIRECTS = 5
MOST = 20
PORTS = (None, 80, 443)
Fault = Literal["", "name", "private", "odd", "timeout", "unreachable", "tls", "redirects", "unasked"]


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of a link. ``chain`` are the addresses it leads to one after the other, itself first."""

    chain: tuple[str, ...]
    status: int = 0
    fault: Fault = ""

    @property
    def redirected(self) -> bool:
        """Whether it leads elsewhere."""
        return len(self.chain) > 1


class Blocked(OSError):
    """A name that stands for an address nobody outside may reach."""


class PublicOnly(Judged):
    """Resolves names to addresses that are all public, and gives exactly these to the connection; else ``Blocked``."""

    def __init__(self, loopback: bool = False) -> None:
        super().__init__(lambda host, port, address: allowed(address, loopback), Blocked)


def allowed(address: Address, loopback: bool = False) -> bool:
    """Whether a connection may go to the address."""
    return public(address) or (loopback and address.is_loopback)


async def reach(urls: Sequence[str], loopback: bool = False) -> dict[str, Reached]:
    """What became of each link, all asked at once; what is not answered in time is *unasked*."""
    connector = aiohttp.TCPConnector(resolver=PublicOnly(loopback), limit=8, use_dns_cache=False, force_close=True)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    jar, agent = aiohttp.DummyCookieJar(), {"User-Agent": "Qunfa link check", "Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=jar, headers=agent, trust_env=False
    ) as session:
        tasks = {url: asyncio.create_task(_follow(session, url, loopback)) for url in dict.fromkeys(urls[:MOST])}
        if tasks:
            _, late = await asyncio.wait(tasks.values(), timeout=ALTOGETHER)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
    done = {url: Reached((url,), fault="unasked") if task.cancelled() else task.result() for url, task in tasks.items()}
    return {url: done.get(url, Reached((url,), fault="unasked")) for url in urls}


async def _follow(session: aiohttp.ClientSession, url: str, loopback: bool) -> Reached:
    chain = [url]
    while True:
        fault = refused(chain[-1], loopback)
        if fault:
            return Reached(tuple(chain), fault=fault)
        try:
            status, onward = await _ask(session, chain[-1])
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Reached(tuple(chain), fault=_named(error))
        if not onward:
            return Reached(tuple(chain), status)
        if len(chain) > REDIRECTS:
            return Reached(tuple(chain), status, "redirects")
        chain.append(urljoin(chain[-1], onward)[:2000])


async def _ask(session: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    """The status, and where it leads on; the body is not read."""
    async with session.get(url, allow_redirects=False) as response:
        onward = response.headers.get("Location", "") if response.status in (301, 302, 303, 307, 308) else ""
        return response.status, onward


def refused(url: str, loopback: bool = False) -> Fault:
    """Why an address must not be asked at all: its form, a private host, another port. "" when it may."""
    try:
        parts = urlsplit(url)
        address, port = host_address(parts.hostname or ""), parts.port
    except ValueError:
        return "odd"
    if loopback and address is not None and address.is_loopback and parts.scheme in ("http", "https") and "@" not in parts.netloc:
        return ""
    fault = link_fault(url)
    if fault:
        return "private" if fault.rule == "link_private" else "odd"
    return "" if port in PORTS else "odd"


def _named(error: Exception) -> Fault:
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, Blocked):
        return "private"
    if isinstance(cause, socket.gaierror) or isinstance(error, aiohttp.ClientConnectorDNSError):
        return "name"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "tls"
    return "unreachable"
