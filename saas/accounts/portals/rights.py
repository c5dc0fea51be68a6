"""What owners have granted, and what therefore cannot be done."""

from __future__ import annotations

from collections.abc import Collection

from saas.accounts.channels import registry
from saas.channels.channel import Right


def missing(channel: str, rights: Collection[str] | None) -> list[Right]:
    """The rights a channel knows that the owner has not granted; none where that is not known."""
    found = registry().get(channel)
    if rights is None or found is None or found.channel.portal is None:
        return []
    return [right for right in found.channel.portal.rights if right.id not in rights]


def lacking(channel: str, rights: Collection[str] | None, route: str) -> list[Right]:
    """Those of them without which the route cannot be used."""
    return [right for right in missing(channel, rights) if route in right.routes]
