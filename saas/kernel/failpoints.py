"""Named points of the send path at which a trial of faults ends the process, as ``kill -9`` does.

``reach`` costs one look at a global while nothing is armed. Nothing that runs in production arms it: there is no setting,
no variable and no option for it; only the children of ``saas.ops.faults`` call ``arm``, and a test holds that line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

POINTS: Final = (
    "before_claim",
    "in_claim",
    "after_claim",
    "before_call",
    "after_call",
    "before_write",
    "in_write",
    "after_write",
    "in_stand_aside",
    "turn_begins",
    "in_expire",
    "turn_ends",
    "before_again",
    "in_inbox",
    "after_ask",
    "in_lookup",
    "before_wake",
    "after_wake",
    "in_plan",
    "in_approve",
    "in_release",
    "after_release",
    "in_recall",
    "after_recall_call",
    "in_settle",
    "in_tick",
)
"""Every point, in the order a delivery meets them."""

Visitor = Callable[[str, str], None]
visitor: Visitor | None = None
"""Who hears of the points. Where calls are made by the thousand, look at it first and spare the call of ``reach``."""


def reach(point: str, where: str = "") -> None:
    """The process is at ``point``, working on ``where`` (a channel and a route, where it is on one)."""
    if visitor is not None:
        visitor(point, where)


def arm(hears: Visitor) -> None:
    """From now on ``hears`` is told of each point that is reached. For children of the trial alone."""
    global visitor
    visitor = hears
