"""Decisions of delivery, pure: what an outcome makes of a delivery, which windows a claim must reserve in, how big a chunk is.

Counts are people (or groups). A delivery's people are always delivered + failed + skipped + unknown + awaiting + in progress.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from saas.channels.broken import NO_REASON
from saas.channels.channel import Repeat, Route
from saas.channels.outcome import (
    Absent,
    Exhausted,
    Outcome,
    Progress,
    Receipt,
    Refused,
    Throttled,
    Unauthorized,
    Unknown,
    Unreachable,
)
from saas.channels.rules import Cap, Limits

CHUNK_ROWS = 1000
FIRST_CALLS = 8  # for each sender in the first chunk, when nobody knows how fast the platform is
CHUNK_SECONDS = 2.0
REPEATS_BY_KEY = 6
POLL_WITHOUT_WORD = 60.0
LOOKUP_FIRST = 2.0
LONGEST_WAIT = 60.0
KEY_MARGIN = 0.9  # a repeat by key must arrive well before the platform forgets the key
BLIND_ROWS = 4  # where nobody could know after a crash, few are in flight at once


@dataclass(slots=True)
class News:
    """What is written of a delivery; the columns of the database type ``delivery_news``. Not frozen: that costs."""

    id: int
    state: str
    quota: str
    a: int = 0
    d: int = 0
    f: int = 0
    s: int = 0
    u: int = 0
    w: int = 0
    due: datetime | None = None
    poll: datetime | None = None
    until: datetime | None = None
    ref: str | None = None
    receipt: dict[str, Any] | None = None
    code: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON for the database, times as ISO text; what has its default is left out (see the SQL function ``news``).
        Written out: it runs once per recipient."""
        row: dict[str, Any] = {"id": self.id, "state": self.state, "quota": self.quota}
        if self.a:
            row["a"] = self.a
        if self.d:
            row["d"] = self.d
        if self.ref is not None:
            row["ref"] = self.ref
        if self.receipt is not None:
            row["receipt"] = self.receipt
        if self.code or self.reason:
            row |= {"code": self.code, "reason": self.reason}
        if self.f or self.s or self.u or self.w:
            row |= {"f": self.f, "s": self.s, "u": self.u, "w": self.w}
        for name, value in (("due", self.due), ("poll", self.poll), ("until", self.until)):
            if value is not None:
                row[name] = value.isoformat()
        return row


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the decision needs to know of the delivery: who it is, how many people, which attempt, since when.

    ``held``: an earlier attempt may already have gone out, and its quota is still held.
    """

    id: int
    people: int
    attempts: int
    started_at: datetime
    held: bool = False
    form: str = "ids"


def settled(attempt: Attempt, outcome: Outcome, repeat: Repeat, now: datetime) -> News:
    """What the outcome of ``send`` makes of a delivery."""
    match outcome:
        case Receipt():
            return received(attempt.id, attempt.form, attempt.people, outcome, now)
        case Unknown(reason=reason):
            return unknown(attempt, reason, repeat, now)
        case _ if attempt.held:
            return _still_held(attempt, outcome, repeat, now)
        case Refused(reason=reason, code=code, field=field):
            words = f"{field}: {reason}" if field else reason
            return News(attempt.id, "failed", "give_back", f=attempt.people, code=code or "refused", reason=words)
        case Throttled(retry_after=seconds, code=code, reason=reason):
            return _again(attempt, now, seconds, code or "throttled", reason)
        case Exhausted(window=window, resets_at=resets_at, reason=reason):
            due = max(resets_at, now + timedelta(seconds=LONGEST_WAIT))  # a platform's clock may be behind ours
            return News(attempt.id, "due", "give_back", due=due, code="exhausted", reason=reason or window)
        case Unauthorized(reason=reason, detail=detail):
            return News(attempt.id, "due", "give_back", code="unauthorized", reason=detail or reason)
        case Unreachable(reason=reason):
            return _again(attempt, now, backoff(attempt.attempts), "unreachable", reason)
        case Absent():
            return _again(attempt, now, 0, "absent", "")


def _still_held(attempt: Attempt, outcome: Outcome, repeat: Repeat, now: datetime) -> News:
    """A repeat did not get through: that says nothing of the first attempt, which may have gone out. A refusal may even be
    its consequence (the draft is used up, the cap is gone), so it stays unknown unless a later repeat tells."""
    reason = str(getattr(outcome, "reason", "")) or NO_REASON
    if isinstance(outcome, Refused):
        return News(attempt.id, "unknown", "hold", u=attempt.people, code="unknown", reason=reason)
    return unknown(attempt, reason, repeat, now)


def not_called(attempt: Attempt, now: datetime) -> News:
    """Claimed and never called: as it was before; what an earlier attempt holds stays held."""
    return News(attempt.id, "due", "hold" if attempt.held else "give_back", due=now)


def received(id: int, form: str, people: int, receipt: Receipt, now: datetime) -> News:
    """An accepted delivery, with what is known of its people."""
    progress, ids, ref = receipt.progress, dict(receipt.ids), None
    for name, value in ids.items():
        ref = f"{name}:{value}"
        break
    if progress.final and progress.delivered == people and not (progress.failed or progress.skipped):
        # The answer was the proof, for everybody: by far the commonest, and the same as what follows would find.
        return News(id, "sent", "keep", people, people, ref=ref, receipt=ids or None, code=progress.code, reason=progress.reason)
    taken = _within(people - progress.failed - progress.skipped, people)
    return _known(id, taken, ref, ids or None, form, people, progress, now)


def progressed(id: int, form: str, people: int, accepted: int, ids: dict[str, Any], progress: Progress, now: datetime) -> News:
    """What later news make of an accepted (or unknown) delivery; its platform ids grow, never shrink."""
    taken = accepted or _within(people - progress.failed - progress.skipped, people)
    return _known(id, taken, None, {**ids, **progress.ids} or None, form, people, progress, now)


def _known(
    id: int, taken: int, ref: str | None, ids: dict[str, Any] | None, form: str, people: int, progress: Progress, now: datetime
) -> News:
    delivered = _within(progress.delivered, people)
    failed = _within(progress.failed, people - delivered)
    skipped = _within(progress.skipped, people - delivered - failed)
    awaiting = 0 if progress.final else _within(progress.awaiting, people - delivered - failed - skipped)
    rest = people - delivered - failed - skipped - awaiting if progress.final else 0
    if form != "ids" and delivered + failed + skipped:
        # The platform counted its whole audience: who is not in it had left since the plan was made.
        skipped, rest = skipped + rest, 0
    elif progress.rest != "unknown":
        failed, skipped, rest = _told(progress.rest, failed, skipped, rest)
    wait = progress.poll_after if progress.poll_after is not None else POLL_WITHOUT_WORD
    return News(
        id=id,
        state=_state(progress.final, delivered, failed, skipped, rest, awaiting),
        quota="keep",
        a=taken,
        d=delivered,
        f=failed,
        s=skipped,
        u=rest,
        w=awaiting,
        poll=None if progress.final else now + timedelta(seconds=wait),
        until=progress.awaiting_until,
        ref=ref,
        receipt=ids,
        code=progress.code,
        reason=progress.reason,
    )


def _told(rest: str, failed: int, skipped: int, people: int) -> tuple[int, int, int]:
    """What the platform says of the people it does not count."""
    return (failed + people, skipped, 0) if rest == "failed" else (failed, skipped + people, 0)


def _within(number: int, most: int) -> int:
    """A platform's number as our books can hold it: not below nothing, not above everybody."""
    return number if 0 <= number <= most else max(0, min(number, most))


def _state(final: bool, delivered: int, failed: int, skipped: int, unknown: int, awaiting: int) -> str:
    if not final:
        return "awaiting" if awaiting else "accepted"
    if unknown and not delivered and not failed:
        return "unknown"
    if failed or unknown:
        return "partly_sent" if delivered else "failed" if failed else "unknown"
    return "sent" if delivered or not skipped else "skipped"


def unknown(attempt: Attempt, reason: str, repeat: Repeat, now: datetime) -> News:
    """Nobody knows whether it went out: repeated by key while that is safe, looked up, or left to a person."""
    if repeat.by == "key" and repeat_is_safe(attempt, repeat, now):
        wait = backoff(attempt.attempts)
        return News(attempt.id, "due", "hold", due=now + timedelta(seconds=wait), code="repeating", reason=reason)
    poll = now + timedelta(seconds=LOOKUP_FIRST) if repeat.by == "lookup" else None
    return News(attempt.id, "unknown", "hold", u=attempt.people, poll=poll, code="unknown", reason=reason)


def repeat_is_safe(attempt: Attempt, repeat: Repeat, now: datetime) -> bool:
    """Whether the platform will still refuse our key as known, and it is worth asking again."""
    return attempt.attempts < REPEATS_BY_KEY and now < attempt.started_at + timedelta(seconds=repeat.seconds * KEY_MARGIN)


def backoff(attempts: int) -> float:
    """Seconds to wait after the n-th attempt: 1, 2, 4 … at most a minute."""
    return float(min(2 ** max(attempts - 1, 0), LONGEST_WAIT))


def _again(attempt: Attempt, now: datetime, seconds: float, code: str, reason: str) -> News:
    return News(attempt.id, "due", "give_back", due=now + timedelta(seconds=seconds), code=code, reason=reason)


def windows(limits: Limits, now: datetime, zone: str) -> list[dict[str, Any]]:
    """The windows a claim must reserve in, as ``claim_deliveries`` takes them."""
    return [window(cap, now, zone) for cap in limits.caps]


def window(cap: Cap, now: datetime, zone: str) -> dict[str, Any]:
    """One of them; ``since`` and ``span`` only of a rolling one (see the SQL type ``cap``)."""
    starts, ends = cap.window.bounds(now, zone)
    row = {
        "rule": cap.name,
        "scope": cap.scope,
        "unit": cap.unit,
        "amount": cap.amount,
        "starts": starts.isoformat(),
        "ends": ends.isoformat(),
    }
    if cap.window.rolling:
        since = cap.window.since(now, zone)
        row |= {"since": since.isoformat(), "span": f"{(starts - since).total_seconds():.0f} seconds"}
    return row


def in_hand(senders: int, finished: int, seconds: float) -> int:
    """How many deliveries a worker claims: as many as its senders finish in two seconds, by what they have done so far. Whoever
    dies with more in hand leaves in doubt what was never called."""
    if not finished:
        return senders * FIRST_CALLS
    return max(int(CHUNK_SECONDS * finished / seconds), senders)


def chunk_rows(limits: Limits, route: Route) -> int:
    """How many deliveries one claim takes: at most 1 000, and no more than two seconds' worth of the account's rate."""
    by_rate = max(int(limits.rate.calls / limits.rate.seconds * CHUNK_SECONDS), 1)
    most = BLIND_ROWS if route.repeat.by == "none" else CHUNK_ROWS
    return max(1, min(most, by_rate))
