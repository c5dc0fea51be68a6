"""A platform's own approval: an application that people decide there, and that holds a stage of a review until they do.

A kind of account with ``AccountKind.approving`` has the hooks ``approval_form``, ``submit_approval``, ``find_approval`` and
``approval_state``. A push that something changed is an ``ApprovalChanged`` from ``callback``: a hint, after which the core asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SAYS = ("title", "accounts", "time", "link")
"""What of a campaign can stand in a form: its name, where it goes to how many, when, and where it can be looked at."""


@dataclass(frozen=True, slots=True)
class Control:
    """A field of a form. ``form``: text takes words, time a moment; other what the core has nothing for."""

    id: str
    title: str
    form: Literal["text", "time", "other"]
    required: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalForm:
    """A template of applications, as the platform has it now."""

    name: str
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked, of whom. ``key`` is 32 hex digits, its own: write it where ``find_approval`` reads it again.

    ``says`` holds words by ``SAYS``, ``places`` what stands in which control, ``at`` the time (None: as soon as it may).
    ``approvers``: any one of them decides; none: the template's own. ``asked_at``: when the first attempt to submit it began.
    """

    key: str
    template: str
    says: Mapping[str, str]
    places: Mapping[str, str]
    applicant: str
    approvers: tuple[str, ...]
    asked_at: datetime
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person said of an application. ``at`` is Unix time, 0 while they wait; ``speech`` their own words."""

    person: str
    word: Literal["waiting", "approved", "refused", "passed_on"]
    speech: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """How an application stands. ``withdrawn``: by who applied, before or after it was approved; ``deleted``: it is gone."""

    state: Literal["waiting", "approved", "refused", "withdrawn", "deleted"]
    opinions: tuple[Opinion, ...] = ()
