"""What has been sent: read from the log of effects, so that a restart keeps every count and every message."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

from saas.channels.simulator import Effect, Stage

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a group has seen."""

    account: str
    group: str
    at: datetime
    text: str = ""


class Tally:
    """Messages by id, and how many an account or a group had in the current minute and day."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.messages: dict[str, Sent] = {}
        self.recalled: set[str] = set()
        self._windows: Counter[tuple[str, str, str]] = Counter()
        self._numbers = count(len(stage.effects) + 1)
        for effect in stage.effects:
            self._count(effect)

    def next_number(self) -> int:
        """A number no message had before."""
        return next(self._numbers)

    def sent(self, account: str, group: str, message_id: str, words: str, **detail: object) -> None:
        """One message reached one group: an effect, counted."""
        shown = {"target": group, "text": words[:200], **detail}
        self._count(self._stage.effect(account, "group", 1, "", message_id, **shown))

    def replied(self, account: str, group: str, message_id: str, words: str, heard: str) -> None:
        """One answer to the message ``heard`` was seen: an effect of its own, in no count of active messages."""
        self._stage.effect(account, "reply", 1, heard, message_id, target=group, text=words[:200])

    def taken_back(self, account: str, group: str, message_id: str) -> None:
        """One message vanished from one group."""
        self._count(self._stage.effect(account, "recall", 1, "", message_id, target=group))

    def in_window(self, account: str, group: str, window: str) -> int:
        """How many messages of the account (``group`` "" for all) this ``minute`` or ``day`` holds."""
        return self._windows[(self._name(account), group, _label(self._stage.now(), window))]

    def _name(self, account: str) -> str:
        return str(self._stage.accounts.get(account, {}).get("key", account))

    def _count(self, effect: Effect) -> None:
        if effect.kind == "recall":
            self.recalled.add(effect.platform_id)
        if effect.kind != "group":
            return
        at, group = datetime.fromisoformat(effect.at), str(effect.detail.get("target", ""))
        self.messages[effect.platform_id] = Sent(effect.account, group, at, str(effect.detail.get("text", "")))
        self._windows[(effect.account, group, _label(at, "day"))] += 1
        for scope in ("", group):
            self._windows[(effect.account, scope, _label(at, "minute"))] += 1

    def mine(self, account: str, group: str, message_id: str) -> Sent | None:
        """The account's message, in that group (any group when "")."""
        sent = self.messages.get(message_id)
        return sent if sent and sent.account == self._name(account) and group in ("", sent.group) else None

    def age(self, sent: Sent) -> float:
        """Seconds since it was sent."""
        return (self._stage.now() - sent.at).total_seconds()


class Pace:
    """Calls of the current second, by account and kind of call."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seconds: dict[tuple[str, str], tuple[int, int]] = {}

    def over(self, account: str, name: str, most: int) -> bool:
        """Count one call; whether it is more than the second allows."""
        now = self._stage.timestamp()
        second, calls = self._seconds.get((account, name), (now, 0))
        calls = calls + 1 if second == now else 1
        self._seconds[(account, name)] = (now, calls)
        return calls > most


def _label(at: datetime, window: str) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d" if window == "day" else "%Y-%m-%d %H:%M")
