"""How long a campaign waits for people, and when it reminds them: what its options say, against the clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from saas.channels.outcome import Progress
from saas.content.patience import Patience
from saas.delivery.policy import News

LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Wait:
    """One delivery's wait: since when, until when its channel lets it wait, and what its campaign says of both."""

    since: datetime | None
    until: datetime | None
    patience: Patience

    @property
    def deadline(self) -> datetime | None:
        """The earlier of the channel's end and the campaign's."""
        own = self.patience.confirm_within
        ends = [end for end in (self.until, self.since + timedelta(seconds=own) if self.since and own else None) if end]
        return min(ends, default=None)

    def over(self, now: datetime) -> bool:
        """Whether nobody is waited for any more."""
        return self.deadline is not None and self.deadline <= now

    def reminder_due(self, now: datetime) -> int:
        """The number of the last of the campaign's own reminders whose time has come; 0 for none. Of several that were
        missed only that one is sent."""
        if self.since is None:
            return 0
        return sum(self.since + timedelta(seconds=after) <= now for after in self.patience.remind_after)

    def next_moment(self, now: datetime) -> datetime | None:
        """When something happens by itself: the next reminder, or the deadline."""
        moments = [self.since + timedelta(seconds=after) for after in self.patience.remind_after] if self.since else []
        return min((at for at in (*moments, self.deadline) if at and at > now), default=None)


def wait_of(row: Mapping[str, Any], until: datetime | None = None) -> Wait:
    """The wait of a row with ``accepted_at``, ``awaiting_until`` and its campaign's ``options``."""
    return Wait(row["accepted_at"], until or row["awaiting_until"], Patience.of(row["options"] or {}))


def kept_to(progress: Progress, row: Mapping[str, Any], now: datetime) -> Progress:
    """Progress with the campaign's own deadline, asked again in time for its next reminder and its end."""
    if progress.final or not progress.awaiting:
        return progress
    wait = wait_of(row, progress.awaiting_until)
    soon = wait.next_moment(now)
    if soon is None:
        return progress
    seconds = max((soon - now).total_seconds(), LEAST)
    poll = seconds if progress.poll_after is None else min(progress.poll_after, seconds)
    return replace(progress, awaiting_until=wait.deadline, poll_after=poll)


def expired(row: Mapping[str, Any], told: Progress, reason: str) -> News:
    """Who still waited gets nothing any more: skipped, and said. The platform's count is newer than ours."""
    settled = row["failed"] + row["skipped"] + row["unknown"]
    out = min(max(row["delivered"], told.delivered), row["people"] - settled)
    rest = row["people"] - settled - out
    state = ("partly_sent" if rest or row["failed"] else "sent") if out else "failed" if row["failed"] else "skipped"
    return News(
        row["id"], state, "keep", row["accepted"], out, row["failed"], row["skipped"] + rest, row["unknown"], 0,
        until=row["awaiting_until"], code="expired", reason=reason,
    )  # fmt: skip


def expiry_words(until: datetime, zone: str, missing: int, people: int, assisted: bool) -> str:
    """What an expiry says, in both languages: ``missing`` persons have not acted, ``people`` get nothing."""
    at = f"{until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    if assisted:
        return f"到 {at} 还有 {people} 人没有打勾，按没有发送计 / {people} not ticked off by {at}: counted as not sent"
    zh, en = (f"{missing} 名成员", f"{missing} members") if missing else ("有人", "some people")
    told = f"到 {at} 仍有{zh}没有确认，已停止，{people} 人没有收到"
    return f"{told} / {en} had not confirmed by {at}: stopped, {people} people did not get it"
