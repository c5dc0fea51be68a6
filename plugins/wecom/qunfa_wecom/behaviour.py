"""What members' contacts, and their groups, came to by day: a hundred members a call, as the platform sums them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qunfa_wecom.customer import followers
from qunfa_wecom.line import CONTACT, Line

MEMBERS = 100
COUNTS = {"gained": "new_contact_cnt", "lost": "negative_feedback_cnt"}
DAY = timedelta(days=1)

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
    """By day: people who came into the owners' groups and who left them (groupchat/statistic_group_by_day, path/92133).

    Raises NotSent, PlatformError.
    """
    zone = ZoneInfo(line.account.zone)
    owners = await followers(line)
    came, there = Counter[date](), Counter[date]()
    for at in range(0, len(owners), MEMBERS):
        for begin, end in ((first - DAY, first - DAY), (first, last)):
            body: dict[str, Any] = {"day_begin_time": _start(begin, zone), "day_end_time": _start(end, zone)}
            body["owner_filter"] = {"userid_list": owners[at : at + MEMBERS]}
            answer = await line.ask(f"{CONTACT}groupchat/statistic_group_by_day", body)
            for row in answer.get("items") or ():
                day = datetime.fromtimestamp(int(row["stat_time"]), zone).date()
                came[day] += int(row["data"]["new_member_cnt"])
                there[day] += int(row["data"]["member_total"])
    return {day: told for day, told in come_and_gone(came, there).items() if first <= day <= last}


def come_and_gone(came: Mapping[date, int], there: Mapping[date, int]) -> Days:
    """Who left is what the totals lack: the day before, and who came, less those there now.

    A day on which a group with its people came from another owner has no such sum: it is left out.
    """
    found = {}
    for day, total in there.items():
        gone = there[day - DAY] + came[day] - total if day - DAY in there else -1
        if gone >= 0:
            found[day] = {"gained": came[day], "lost": gone}
    return found


DAYS_OF: Mapping[str, Callable[[Line, date, date], Awaitable[Days]]] = {
    "customer": own_days,
    "moments": own_days,
    "groups": group_days,
}


def _start(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
