"""What became of a call: the only answers a channel can give to ``send``, ``recall``, ``lookup`` and ``progress``.

Each is named for what the caller must do. An outcome that nobody can know is ``Unknown``: a state, never an error,
and never a reason to try again blindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient (or picture, or part) that the platform did not take. ``code`` is the platform's own."""

    target: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known so far of an accepted delivery, in people (or groups, where the route's unit is a group).

    Numbers are totals so far, not increments; what is in none of them is still in progress.
    ``delivered`` reached; ``failed`` refused by the platform or the person; ``skipped`` left out by the platform's own
    rules (over a personal cap, no longer a follower); ``awaiting`` a person must act before they go out.
    ``final``: nothing more will come; ``rest`` says what the rest of the people, if any, becomes.
    ``poll_after`` seconds: ask ``progress`` again; None: a callback will tell.
    """

    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    awaiting: int = 0
    final: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    code: str = ""
    reason: str = ""
    awaiting_until: datetime | None = None
    poll_after: float | None = None
    figures: Mapping[str, int] = field(default_factory=dict)
    rest: Literal["unknown", "failed", "skipped"] = "unknown"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the platform's side who has not acted yet. ``id`` is the platform's, ``people`` wait for this one
    (0: the platform does not say), ``since`` when they were asked to."""

    id: str
    name: str = ""
    people: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform took it on. ``ids`` are its identifiers (kept for ever: recall and figures need them).

    ``progress`` carries what is already known: a platform whose answer is the proof of delivery gives ``final=True``.
    """

    ids: Mapping[str, str]
    progress: Progress = Progress()


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform said no, for good, and nothing went out. ``field`` names the part of the message or account."""

    reason: str
    code: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too fast; nothing went out. Try again after ``retry_after`` seconds."""

    retry_after: float
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A cap of the platform is used up; nothing went out. ``window`` names the cap of the rule pack."""

    window: str
    resets_at: datetime
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The account cannot send until a person acts; nothing went out. ``remedy`` says what to do, in both languages' words.

    ``reason`` is one of: credentials, ip_not_listed, revoked, unverified, no_right, admin_confirmation, banned.
    """

    reason: Literal["credentials", "ip_not_listed", "revoked", "unverified", "no_right", "admin_confirmation", "banned"]
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Surely nothing went out: no connection, or the request was never complete. Tried again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have gone out. What happens next is what the route's ``Repeat`` declares."""

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Only from ``lookup``: the platform surely does not have it, so it may be sent again."""

    reason: str = ""


Outcome = Receipt | Refused | Throttled | Exhausted | Unauthorized | Unreachable | Unknown | Absent
