"""The campaign's options: how long it waits for people who must confirm, and when they are reminded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saas.content.timing import TimingError, read_lateness

OPTIONS = ("remind_after", "confirm_within")
MOST_REMINDERS = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after the platform took a delivery on: its reminders, and the end of waiting (None: the channel's own)."""

    remind_after: tuple[int, ...] = ()
    confirm_within: int | None = None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Patience:
        """From the texts of checked options. TimingError."""
        within = read_lateness(options["confirm_within"]) if options.get("confirm_within") else None
        if within == 0:
            raise TimingError("至少要等一会儿", "wait at least a moment")
        return cls(read_moments(options.get("remind_after", "")), within)


def read_moments(raw: str) -> tuple[int, ...]:
    """Seconds, rising, from ``2h`` or ``2h, 6h``. TimingError."""
    found = sorted({read_lateness(part) for part in raw.replace("，", ",").split(",") if part.strip()})
    if len(found) > MOST_REMINDERS:
        raise TimingError(f"最多 {MOST_REMINDERS} 次提醒", f"at most {MOST_REMINDERS} reminders")
    if found and found[0] <= 0:
        raise TimingError("提醒要在发送之后", "a reminder comes after the send")
    return tuple(found)


def option_fault(name: str, raw: str) -> tuple[str, str] | None:
    """What is wrong with an option, or None."""
    try:
        Patience.of({name: raw})
    except TimingError as error:
        return error.message
    return None
