"""Calls that a platform counts by interface and day, and their hooks: part of the contract, as ``spec`` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

from saas.channels.channel import FanOut, Repeat, Route, Text

if TYPE_CHECKING:
    from saas.channels.outcome import Outcome
    from saas.channels.platform import Account, Platform

hookspec = pluggy.HookspecMarker("qunfa")

CLEARING = Route("clear_calls", (), (), FanOut("each"), Repeat("none"))
"""The route under which the rule pack caps ``clear_calls``: how often an account's calls may be counted anew."""


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """How many calls of one interface the platform takes a day, and how many of today's are used and left, by its own count."""

    interface: str
    title: Text
    limit: int
    used: int
    left: int


@hookspec(firstresult=True)
async def calls_left(account: Account, platform: Platform) -> list[CallsLeft]:
    """Today's calls of each interface that the platform counts, by its own count. Asked when a person wants to see them.

    An interface that the account has not got is left out. May raise NotSent.
    """


@hookspec(firstresult=True)
async def clear_calls(account: Account, platform: Platform) -> Outcome:
    """Have the platform count today's calls of the account anew. ``Receipt``: it does; ``Exhausted``: not again before then.

    Called when a person asks for it and gives a reason, never otherwise, with one unit of the caps of the route ``clear_calls``
    taken in the ledger before, and never repeated: ``MaybeSent`` and ``Unknown`` count as cleared. It lets nothing more be sent.
    """
