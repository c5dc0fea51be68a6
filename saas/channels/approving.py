"""The hooks of a platform's own approval: part of the contract, as ``spec`` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

from saas.channels.approval import Application, ApprovalForm, ApprovalState
from saas.channels.outcome import Outcome

if TYPE_CHECKING:
    from saas.channels.platform import Account, Platform

hookspec = pluggy.HookspecMarker("qunfa")

OF_APPROVALS = ("callback", "approval_form", "submit_approval", "find_approval", "approval_state")
"""Obligatory for a kind of account with ``AccountKind.approving``."""


@hookspec(firstresult=True)
async def approval_form(account: Account, template: str, platform: Platform) -> ApprovalForm:
    """The platform's form for applications of that number. Asked when a stage is to be held by it. Raises NotSent."""


@hookspec(firstresult=True)
async def submit_approval(account: Account, application: Application, platform: Platform) -> Outcome:
    """Submit an application. ``Receipt.ids["approval"]`` is the platform's number of it.

    Called with the wish already written down. After ``MaybeSent`` and ``Unknown`` the core asks ``find_approval`` and never this
    again, unless the answer is ``Absent``.
    """


@hookspec(firstresult=True)
async def find_approval(account: Account, application: Application, platform: Platform) -> Outcome:
    """Find an application whose answer was lost, by its ``key``. ``Receipt`` as of ``submit_approval``; ``Absent``: surely not
    submitted, after every one since ``asked_at`` was looked at; ``Unknown``: not knowable now."""


@hookspec(firstresult=True)
async def approval_person(account: Account, person: str, platform: Platform) -> str:
    """Why nobody called ``person`` can apply or decide there, in both languages; "" when somebody can.

    Asked when a stage is to be held in somebody's name, and when a member is named there. Raises NotSent when nobody tells.
    """


@hookspec(firstresult=True)
async def approval_state(account: Account, approval: str, platform: Platform) -> ApprovalState:
    """How an application stands and who said what: this counts. Asked after a push of it and at intervals. Raises NotSent."""
