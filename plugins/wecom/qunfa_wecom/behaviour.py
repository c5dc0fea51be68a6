"""What members' contacts, and their groups, came to by day: a hundred members a call, as the platform sums them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from qunfa_wecom.customer import followers
from qunfa_wecom.line import CONTACT, Line

MEMBERS = 100
COUNTS = {"gained": "new_contact_cnt", "lost": "negative_feedback_cnt"}
IN_GROUPS = {"gained": "new_member_cnt"}

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


async def group_days(line: Line, first: date, last: date) -> Days:
    """By day: people who came into the owners' groups (groupchat/statistic_group_by_day, path/92133).

    Nobody tells who left. ``member_total`` counts who is in two groups twice, so it is no number of followers.
    Raises NotSent, PlatformError.
    """
    zone = ZoneInfo(line.account.zone)
    owners = await followers(line)
    found: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(IN_GROUPS, 0))
    span = {"day_begin_time": _start(first, zone), "day_end_time": _start(last, zone)}
    for at in range(0, len(owners), MEMBERS):
        body = {**span, "owner_filter": {"userid_list": owners[at : at + MEMBERS]}}
        answer = await line.ask(f"{CONTACT}groupchat/statistic_group_by_day", body)
        for row in answer.get("items") or ():
            data: Mapping[str, Any] = row.get("data") or {}
            day = found[datetime.fromtimestamp(int(row["stat_time"]), zone).date()]
            for ours, theirs in IN_GROUPS.items():
                day[ours] += int(data.get(theirs) or 0)
    return {day: told for day, told in found.items() if first <= day <= last}


DAYS_OF: Mapping[str, Callable[[Line, date, date], Awaitable[Days]]] = {
    "customer": own_days,
    "moments": own_days,
    "groups": group_days,
}


def _start(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
