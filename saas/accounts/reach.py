"""Where channels may go: to public addresses, to the rehearsals, and to what whoever runs the installation has named.

An agency enters the addresses of its accounts itself; without this it could have the workers ask the servers beside them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from saas.channels.broken import PrivateAddress
from saas.kernel.addresses import Address, host_address, public
from saas.kernel.resolving import Judged
from saas.kernel.settings import Settings

PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Reach:
    """The private addresses that may be reached: networks, and single ports of hosts."""

    def __init__(self, hosts: Iterable[str], urls: Iterable[str], loopback: bool) -> None:
        """``hosts``: networks, addresses or names, each with a port or for all of them; ``urls``: each at its own port."""
        pairs = [_split(host) for host in hosts]
        self._named = {*pairs, *((urlsplit(url).hostname or "", urlsplit(url).port) for url in urls)}
        self._networks = [(ipaddress.ip_network(host, strict=False), port) for host, port in pairs if _is_network(host)]
        self._loopback = loopback

    @classmethod
    def of(cls, settings: Settings) -> Reach:
        """What this installation reaches. One whose own address is this machine's is a trial on it: all of it may be reached."""
        own = host_address(urlsplit(settings.base_url).hostname or "")
        return cls(settings.private_hosts, settings.simulators.values(), own is not None and own.is_loopback)

    def allows(self, host: str, port: int | None, address: Address | None) -> bool:
        """Whether a connection to the host, which stands for this address, may be made."""
        if address is None or public(address) or {(host, port), (host, None)} & self._named:
            return True
        if self._loopback and address.is_loopback:
            return True
        return any(address in network and its in (None, port) for network, its in self._networks)

    def refuses(self, url: str) -> bool:
        """Whether an address that is written as a number is out of reach; a name is judged when it is resolved."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        address = host_address(host) if host != "localhost" else ipaddress.ip_address("127.0.0.1")
        return not self.allows(host, parts.port or PORTS.get(parts.scheme), address)

    def connector(self, **how: Any) -> aiohttp.TCPConnector:
        """For one session; what is out of reach is no connection (``ClientConnectorError`` of a ``PrivateAddress``)."""
        return _Connector(self, **how)


class _Connector(aiohttp.TCPConnector):
    def __init__(self, reach: Reach, **how: Any) -> None:
        super().__init__(resolver=Judged(reach.allows, PrivateAddress), **how)
        self._reach = reach

    async def connect(self, req: aiohttp.ClientRequest, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:  # noqa: ASYNC109 — aiohttp's
        host = req.url.host or ""
        if not self._reach.allows(host, req.url.port, host_address(host)):  # numbers are not resolved
            raise aiohttp.ClientConnectorError(req.connection_key, PrivateAddress(0, host))
        return await super().connect(req, traces, timeout)


def _split(host: str) -> tuple[str, int | None]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and (":" not in name or name.endswith("]")):
        return name.strip("[]"), int(port)
    return host.strip("[]"), None


def _is_network(host: str) -> bool:
    try:
        ipaddress.ip_network(host, strict=False)
    except ValueError:
        return False
    return True
