"""What members' contacts with customers came to by day: ``get_user_behavior_data``, a hundred members a call."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from qunfa_wecom.line import CONTACT, Line

MEMBERS = 100
COUNTS = {"gained": "new_contact_cnt", "lost": "negative_feedback_cnt"}

Days = dict[date, dict[str, int]]


async def own_days(line: Line, first: date, last: date) -> Days:
    """By day: customers won, and customers who removed or blocked a member. Raises NotSent, PlatformError."""
    zone = ZoneInfo(line.account.zone)
    members = list((await line.ask(f"{CONTACT}get_follow_user_list")).get("follow_user") or ())
    found: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    begin, end = _start(first, zone), _start(last, zone)
    for at in range(0, len(members), MEMBERS):
        body = {"userid": members[at : at + MEMBERS], "start_time": begin, "end_time": end}
        answer = await line.ask(f"{CONTACT}get_user_behavior_data", body)
        for row in answer.get("behavior_data") or ():
            day = found[datetime.fromtimestamp(int(row["stat_time"]), zone).date()]
            for ours, theirs in COUNTS.items():
                day[ours] += int(row.get(theirs) or 0)
    return {day: told for day, told in found.items() if first <= day <= last}


def _start(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
