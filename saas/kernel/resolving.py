"""Names are resolved to addresses that were judged, and exactly these are connected to: none leads elsewhere a moment later."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable

from aiohttp.abc import AbstractResolver, ResolveResult

from saas.kernel.addresses import Address


class Judged(AbstractResolver):
    """Every address of a host, or ``refusal(0, host)`` when ``allows`` (host, port, address) says no to one of them."""

    def __init__(self, allows: Callable[[str, int, Address], bool], refusal: type[OSError]) -> None:
        self._allows, self._refusal = allows, refusal

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        for *_, address in found:
            if not self._allows(host, port, ipaddress.ip_address(str(address[0]).split("%")[0])):
                raise self._refusal(0, host)
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST)
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""
