"""The channels of this installation, read once a process."""

from __future__ import annotations

from functools import cache

from saas.channels.channel import AccountKind
from saas.channels.registry import Installed, Registry
from saas.kernel.errors import Invalid


@cache
def registry() -> Registry:
    """Every installed channel. Raises BadChannel at the first call when one must not be used."""
    return Registry.from_entry_points()


def installed(channel: str) -> Installed:
    """The channel of that name. Invalid when it is not installed."""
    found = registry().get(channel)
    if found is None:
        known = ", ".join(i.channel.name for i in registry().all())
        raise Invalid(
            "unknown_channel",
            (f"没有安装渠道“{channel}”", f"the channel '{channel}' is not installed"),
            (f"已安装的渠道：{known}", f"installed: {known}"),
            "channel",
        )
    return found


def kind_of(channel: str, kind: str) -> AccountKind:
    """An account kind. Invalid when the channel does not know it."""
    found = installed(channel).channel.kind(kind)
    if found is None:
        known = ", ".join(k.name for k in installed(channel).channel.kinds)
        raise Invalid(
            "unknown_kind",
            (f"渠道“{channel}”没有账号类型“{kind}”", f"the channel '{channel}' has no account kind '{kind}'"),
            (f"可用的类型：{known}", f"available: {known}"),
            "kind",
        )
    return found
