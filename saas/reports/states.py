"""In what state a dispatch and a campaign are, from their numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

FINAL = frozenset(
    {"sent", "partly_sent", "failed", "skipped", "exhausted", "unauthorized", "unknown", "missed", "recalled", "cancelled"}
)
GONE_OUT = frozenset({"sent", "awaiting", "recalled", "accepted", "sending"})
ACCOUNT_TROUBLE = frozenset(
    {
        "credentials",
        "ip_not_listed",
        "revoked",
        "unverified",
        "no_right",
        "admin_confirmation",
        "banned",
        "opt_in",
        "unauthorized",
    }
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a dispatch's state depends on. ``campaign`` is the campaign's stored state; ``waits_until`` when it may go on."""

    campaign: str
    intended: int
    accepted: int
    delivered: int
    failed: int
    skipped: int
    unknown: int
    awaiting: int
    recalled: int
    open_rows: int
    code: str
    waits_until: datetime | None
    due_at: datetime

    @property
    def in_progress(self) -> int:
        """People nothing is known of yet."""
        return self.intended - self.delivered - self.failed - self.skipped - self.unknown - self.awaiting


def dispatch_state(n: Numbers, now: datetime) -> str:
    """One word for where a dispatch stands."""
    if n.skipped == n.intended and (n.intended or n.code):
        return _why_skipped(n.code)
    if n.campaign not in ("released", "cancelled"):
        return "planned"
    if n.open_rows:
        waiting = n.due_at > now or (n.waits_until is not None and n.waits_until > now)
        return "waiting" if waiting and not n.accepted else "sending"
    if n.recalled and n.recalled == n.intended:
        return "recalled"
    if n.in_progress:
        return "accepted"
    return _settled(n)


def _settled(n: Numbers) -> str:
    if n.awaiting:
        return "awaiting"
    if n.unknown:
        return "unknown" if n.unknown == n.intended or not n.delivered else "partly_sent"
    if n.failed:
        return "partly_sent" if n.delivered else "failed"
    if n.skipped and n.code in ("exhausted", "missed", "cancelled", "expired") and n.delivered:
        return "partly_sent"
    return "recalled" if n.recalled and n.recalled >= n.delivered else "sent"


def _why_skipped(code: str) -> str:
    if code in ("exhausted", "missed", "cancelled"):
        return code
    return "unauthorized" if code in ACCOUNT_TROUBLE else "skipped"


def campaign_state(stored: str, states: Iterable[str], due_at: datetime, now: datetime) -> str:
    """One word for where a campaign stands: its stored state until it is released, then what its dispatches make of it."""
    every = set(states)
    if stored != "released" and not (stored == "cancelled" and every and every <= {"sent", "recalled"}):
        return stored  # nothing was left to cancel: it went out
    if "sending" in every or "accepted" in every:
        return "sending"
    if "waiting" in every:
        return "scheduled" if due_at > now else "waiting"
    if "awaiting" in every:
        return "waiting"
    return "done" if every <= {"sent", "recalled"} else "incomplete"
