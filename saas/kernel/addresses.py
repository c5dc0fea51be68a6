"""Addresses of machines: what a host stands for in any notation, and whether that is on the public network."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|\d+")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def host_address(host: str) -> Address | None:
    """The address a host stands for when it is one in any notation (dotted, decimal, octal, hex, short, v6; wide digits)."""
    bare = unicodedata.normalize("NFKC", host).strip("[]").split("%")[0].rstrip(".")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        return _old_notation(bare)


def _old_notation(host: str) -> ipaddress.IPv4Address | None:
    """Addresses as ``inet_aton`` reads them: 1 to 4 numbers, decimal, octal or hex, the last one filling the rest."""
    parts = host.split(".")
    if not 1 <= len(parts) <= 4 or not all(_NUMBER.fullmatch(p) for p in parts):
        return None
    try:
        numbers = [_number(p) for p in parts]
    except ValueError:
        return None
    total = 0
    for index, number in enumerate(numbers[:-1]):
        total |= (number & 0xFF) << (24 - 8 * index)
    return ipaddress.IPv4Address((total | numbers[-1]) & 0xFFFFFFFF)


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)


def public(address: Address) -> bool:
    """Whether an address is on the public network, looking through mapped, NAT64, 6to4 and Teredo forms."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in ipaddress.ip_network("64:ff9b:1::/48"):
            return False  # NAT64 of a local network: nobody can tell what stands behind it
        if address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return public(inner)
    return address.is_global and not address.is_multicast
