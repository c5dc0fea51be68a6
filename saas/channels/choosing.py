"""Groups that a person can choose from, and the hook that lists them: part of the contract, as ``spec`` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from saas.channels.platform import Account, Platform

hookspec = pluggy.HookspecMarker("qunfa")


@dataclass(frozen=True, slots=True)
class Group:
    """A group (chat) that an account reaches: its id on the platform, its name and members as far as they are known.

    ``through``: the id that a target names in its place where one call is for several groups (their owner's), and its name.
    """

    id: str
    name: str = ""
    people: int = 0
    through: str = ""
    through_name: str = ""


@hookspec(firstresult=True)
async def groups(account: Account, platform: Platform) -> list[Group]:
    """Every group the account reaches now: for a person who chooses some, and to plan a campaign that names some by id or name.

    For routes whose ``unit`` is a group and whose audience may be *ids*. A target of several groups has their ids in
    ``fields["groups"]``. A group that is gone is left out. May raise NotSent.
    """
