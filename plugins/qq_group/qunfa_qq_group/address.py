"""Where an account's calls go, and whether a secret may travel there."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from saas.channels import Account


def address(account: Account, name: str, default: str = "") -> str:
    """An address among the settings, without the last slash."""
    return str(account.settings.get(name) or default).rstrip("/")


def safe(url: str, account: Account) -> bool:
    """TLS, or something that does not leave the house: the rehearsal on this machine; for OneBot any private address.

    OneBot may be spoken to over a WebSocket as well.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    spoken = account.kind == "onebot" and parts.scheme in ("ws", "wss")
    if parts.scheme == "https" or (spoken and parts.scheme == "wss"):
        return bool(host)
    if not (parts.scheme == "http" or spoken) or not host:
        return False
    return _private(host) if account.kind == "onebot" else bool(account.settings.get("simulated")) and _loopback(host)


def _loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")


def _private(host: str) -> bool:
    """A private IP address, or a name without a dot: one that only the local network knows."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
