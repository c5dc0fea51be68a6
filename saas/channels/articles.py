"""One article of several, and its hook: part of the contract, as ``spec`` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from saas.channels.outcome import Outcome
    from saas.channels.platform import Account, Delivery, Platform

hookspec = pluggy.HookspecMarker("qunfa")


@hookspec(firstresult=True)
async def take_down_article(account: Account, delivery: Delivery, number: int, platform: Platform) -> Outcome:
    """Take down the page of one article of a delivery that is out; the others stay. ``number``: from 1.

    ``Receipt``: its page is gone, whoever has taken it down; ``Refused``: it cannot be, with the reason. Called when a person
    asks for it; may be asked again, also after a lost answer.
    """
