"""``externalcontact/get_user_behavior_data``: what members' contacts came to by day, made up from the corp's key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from qunfa_wecom.simulator.corps import ZONE
from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

MEMBERS, DAYS, KEPT = 100, 30, 180


def truth(corp: str, member: str, day: date) -> tuple[int, int]:
    """Customers a member won and lost on a day."""
    seed = hashlib.sha256(f"{corp}:{member}:{day}".encode()).digest()
    return seed[0] % 6, seed[1] % 3


class Behaviour:
    """The statistics of members' contacts."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def days(self, ask: Ask) -> Mapping[str, Any]:
        """Sums over the members asked for: at most a hundred, thirty days, of the last hundred and eighty, not today."""
        users = ask.body.get("userid") or []
        if not isinstance(users, list) or not 0 < len(users) <= MEMBERS:
            raise Refusal(40058)
        if any(ask.corp.member(str(user)) is None for user in users):
            raise Refusal(60111)
        days = days_between(self._stage, ask.body.get("start_time"), ask.body.get("end_time"))
        return {"behavior_data": [self._row(ask.corp.id, users, day) for day in days]}

    def _row(self, corp: str, users: list[str], day: date) -> dict[str, Any]:
        told = [truth(corp, user, day) for user in users]
        won, lost = sum(one[0] for one in told), sum(one[1] for one in told)
        counts = {"new_contact_cnt": won, "negative_feedback_cnt": lost, "new_apply_cnt": won * 2, "chat_cnt": won * 3}
        return {"stat_time": midnight(day), "message_cnt": won * 9, **counts}


def days_between(stage: Stage, begin: Any, end: Any) -> list[date]:
    """The days asked for: thirty at most, of the last hundred and eighty, not today."""
    first, last, today = _day(begin), _day(end), stage.now().astimezone(ZONE).date()
    if not first <= last < today or (last - first).days >= DAYS or first < today - timedelta(days=KEPT):
        raise Refusal(40058)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def midnight(day: date) -> int:
    """The first second of a day."""
    return int(datetime.combine(day, time(), ZONE).timestamp())


def _day(value: Any) -> date:
    try:
        return datetime.fromtimestamp(int(value), ZONE).date()
    except (TypeError, ValueError, OverflowError):
        raise Refusal(40058) from None
