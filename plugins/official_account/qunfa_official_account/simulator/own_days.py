"""What an account gained, lost and was told by day: made up from its id and size, the same after every restart, and whatever
people did on the stage that day on top."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.world import Answer, Call, World

READY_HOUR, MOST_DAYS = 8, 7
TURNS = {"subscribe": 0, "unsubscribe": 1}
WRITTEN = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link"})
SEARCHED, SCANNED = 1, 30
FIRST = date(2026, 1, 1)


def note(record: dict[str, Any], fields: Mapping[str, Any], day: date) -> None:
    """Count what a person did, in place: the next thing that is kept of the account takes it along."""
    column = TURNS.get(str(fields.get("Event", "")), 2 if fields.get("MsgType") in WRITTEN else None)
    if column is not None:
        today = record.setdefault("days", {}).setdefault(str(day), [0, 0, 0])
        today[column] += 1


def truth(app_id: str, record: Mapping[str, Any], day: date) -> tuple[int, int, int]:
    """Gained, lost, messages of a day."""
    seed, size = hashlib.sha256(f"{app_id}:{day}".encode()).digest(), int(record.get("audience_size", 0))
    usual = (size * seed[0] // 50_000, size * seed[1] // 90_000, size * seed[2] // 120_000)
    seen = record.get("days", {}).get(str(day), (0, 0, 0))
    return usual[0] + seen[0], usual[1] + seen[1], usual[2] + seen[2]


def followers(app_id: str, record: Mapping[str, Any], day: date) -> int:
    """How many follow it at the end of a day: its size at first, and since then who came less who left."""
    days = [truth(app_id, record, FIRST + timedelta(days=n)) for n in range((day - FIRST).days + 1)]
    return int(record.get("audience_size", 0)) + sum(gained - lost for gained, lost, _ in days)


class OwnDays:
    """``getusersummary``, ``getusercumulate`` and ``getupstreammsg``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def users(self, call: Call) -> Answer:
        """Two lines a day: those who searched, and those who scanned a code."""
        rows = []
        for day in self._days(call):
            gained, lost, _ = truth(call.app_id, call.record, day)
            parts = ((SEARCHED, gained // 3, lost), (SCANNED, gained - gained // 3, 0))
            rows += [{"ref_date": str(day), "user_source": s, "new_user": new, "cancel_user": gone} for s, new, gone in parts]
        return {"list": rows}

    def totals(self, call: Call) -> Answer:
        """A line a day."""
        told = [(day, followers(call.app_id, call.record, day)) for day in self._days(call)]
        return {"list": [{"ref_date": str(day), "user_source": 0, "cumulate_user": number} for day, number in told]}

    def messages(self, call: Call) -> Answer:
        """A line a day, text only; none for a day on which nobody wrote."""
        told = [(day, truth(call.app_id, call.record, day)[2]) for day in self._days(call)]
        rows = [{"ref_date": str(d), "msg_type": 1, "msg_user": (n + 1) // 2, "msg_count": n} for d, n in told if n]
        return {"list": rows}

    def _days(self, call: Call) -> list[date]:
        """At most seven days, the last of them yesterday, which is ready from eight o'clock on."""
        try:
            begin, end = (date.fromisoformat(str(call.body.get(name, ""))) for name in ("begin_date", "end_date"))
        except ValueError:
            raise Err(61500) from None
        now = self._world.local()
        yesterday = now.date() - timedelta(days=1)
        if not begin <= end <= yesterday or (end - begin).days >= MOST_DAYS:
            raise Err(61501)
        if end == yesterday and now.hour < READY_HOUR and call.record.get("figures", "at_once") == "next_day":
            raise Err(61503)
        return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
