"""The hook by which a platform is asked about a message while a campaign is checked: part of the contract, as ``spec`` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from saas.channels.message import Message
    from saas.channels.platform import Account, Finding, Platform

hookspec = pluggy.HookspecMarker("qunfa")


@hookspec(firstresult=True)
async def examine(account: Account, message: Message, platform: Platform) -> list[Finding]:
    """What the platform itself knows against a message, by field: a template the account does not have, a value it lacks.

    Asked of messages with a template whenever a campaign is checked, for a few seconds at the most; must not send anything.
    Ask the platform once and remember the answer for a while; ask anew before something is said to be missing. A platform
    that is silent (NotSent, or no answer in time) says nothing, and the check goes on without it.
    """
