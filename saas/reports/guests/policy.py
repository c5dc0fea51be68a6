"""Whom one may ask whether they want a report, and how often, so that nobody is bothered by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from saas.kernel.errors import Conflict, Invalid, Words

GOOD_FOR: Final = timedelta(days=7)
"""So long the yes may be said."""
LATER: Final = timedelta(days=30)
"""So long a mailbox is not asked for the same report again, unless it had said yes and never stopped."""
MOST_TO_ONE, MOST_A_DAY, MOST_OF_ORDER = 3, 20, 20
"""Questions of an agency to one mailbox in ``LATER``, and to all in a day; guests of one order."""
MOST_OF_CLIENT, MOST_OF_CLIENT_A_DAY = 40, 10
"""Guests of all orders of one client, and questions about it in a day: one client leaves the others room."""
TAGGED: Final = r"^([^@+]+)\+[^@]*@"
"""The part of an address before its domain, with a tag; the database reads it with the same pattern."""
State = Literal["asked", "expired", "confirmed", "stopped", "refused", "removed"]
STATES: Final[dict[State, Words]] = {
    "asked": ("等对方确认", "waits for their yes"),
    "expired": ("未确认，已过期", "no answer in time"),
    "confirmed": ("已确认", "confirmed"),
    "stopped": ("已退订", "stopped"),
    "refused": ("拒收", "refused"),
    "removed": ("已移除", "removed"),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """One time somebody was asked for a client's report of a period, by whichever order."""

    client_id: int
    period: str
    asked_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    stopped_at: datetime | None
    refused: bool
    removed_at: datetime | None

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.refused:
            return "refused"
        if self.removed_at:
            return "removed"
        if self.stopped_at:
            return "stopped"
        if self.confirmed_at:
            return "confirmed"
        return "asked" if now < self.expires_at else "expired"


def check_email(email: str) -> str:
    """The address as it is kept. Invalid."""
    kept = email.strip().lower()
    local, _, domain = kept.rpartition("@")
    plain = kept.isascii() and kept.isprintable() and not set(kept) & set(' ,;:<>()[]"\\')
    labels = domain.split(".")
    if not (plain and local and "@" not in local and len(labels) > 1 and all(labels) and 3 <= len(kept) <= 254):
        words = ("邮箱格式不对", "this is no e-mail address")
        raise Invalid("email", words, ("例如 lin@example.com", "such as lin@example.com"), "email")
    return kept


def mailbox(email: str) -> str:
    """Whose mailbox it is: ``boss+10@x.test`` and ``boss@x.test`` are read by one person, and are one in every limit."""
    return re.sub(TAGGED, r"\1@", email)


def masked(email: str) -> str:
    """An address that its owner knows again and nobody else learns."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"


def check_may_ask(history: Sequence[Asking], client_id: int, period: str, now: datetime) -> None:
    """Whether a mailbox, with all it was asked by this agency before, may be asked for this report. Conflict."""
    if any(one.refused for one in history):
        words = ("对方已表示不再接收任何邮件", "they have said that they want no mail at all")
        raise Conflict("guest_refused", words, ("不能再向此邮箱发送", "nothing can be sent there"))
    mine = [one for one in history if (one.client_id, one.period) == (client_id, period)]
    if any(one.state(now) in ("asked", "confirmed") for one in mine):
        words = ("此邮箱已在这位客户的同一种定期报告里", "this address is asked for, or gets, this client's report already")
        raise Conflict("guest_known", words, ("无需重复添加", "there is nothing to add"))
    if asked := [one.asked_at for one in mine if one.asked_at > now - LATER and not (one.confirmed_at and not one.stopped_at)]:
        raise _too_soon(max(asked) + LATER)
    if left := [one.stopped_at for one in mine if one.stopped_at and one.stopped_at > now - LATER]:
        raise _too_soon(max(left) + LATER)
    lately = sorted(one.asked_at for one in history if one.asked_at > now - LATER)
    if len(lately) >= MOST_TO_ONE:
        raise _too_soon(lately[-MOST_TO_ONE] + LATER)


@dataclass(frozen=True, slots=True)
class Room:
    """How many guests an order and a client have, and how many addresses were asked in a day: of the client, of the agency."""

    of_order: int
    of_client: int
    of_client_day: int
    of_day: int


def check_room(room: Room) -> None:
    """Whether the order, the client and the agency's day have room for one question more. Conflict."""
    if room.of_order >= MOST_OF_ORDER:
        words = (f"一份定期报告最多 {MOST_OF_ORDER} 位外部收件人", f"an order has {MOST_OF_ORDER} guests at most")
        raise Conflict("guests_full", words, ("先移除一位", "remove one first"))
    if room.of_client >= MOST_OF_CLIENT:
        words = (
            f"一位客户的报告最多 {MOST_OF_CLIENT} 位外部收件人",
            f"the reports of a client have {MOST_OF_CLIENT} guests at most",
        )
        raise Conflict("guests_full", words, ("先移除一位", "remove one first"))
    for asked, most, whose in (
        (room.of_client_day, MOST_OF_CLIENT_A_DAY, ("为一位客户", " for one client")),
        (room.of_day, MOST_A_DAY, ("", "")),
    ):
        if asked >= most:
            words = (f"每天{whose[0]}最多询问 {most} 个外部邮箱", f"{most} addresses are asked a day{whose[1]} at most")
            raise Conflict("guests_too_many", words, ("请明天再试", "try again tomorrow"))


def _too_soon(again: datetime) -> Conflict:
    words = ("不久前已问过此邮箱", "this address was asked not long ago")
    remedy = (f"{again:%Y-%m-%d} 之后可再问一次", f"it can be asked once more after {again:%Y-%m-%d}")
    return Conflict("guest_asked", words, remedy, again_at=again.isoformat())
