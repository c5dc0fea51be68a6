"""What an account gained, lost and was told by day, and how many follow it: ``getusersummary``, ``getusercumulate`` and
``getupstreammsg``, seven days a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from qunfa_official_account.client import Client
from qunfa_official_account.outcomes import Refusal
from saas.channels import NotSent

A_CALL = timedelta(days=7)
NOT_YET = frozenset({61501, 61503})
USERS, TOTALS, MESSAGES = "getusersummary", "getusercumulate", "getupstreammsg"

Days = dict[date, dict[str, int]]


async def own_days(client: Client, first: date, last: date) -> Days:
    """By day. A day of which the platform has no line is one of which it says nothing. Raises NotSent: ask again soon."""
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for begin, end in _weeks(first, last):
        for row in await _rows(client, USERS, begin, end):
            _add(found, row, "gained", "new_user")
            _add(found, row, "lost", "cancel_user")
        for row in await _rows(client, TOTALS, begin, end):
            found[_day(row)]["followers"] = int(row["cumulate_user"])
        for row in await _rows(client, MESSAGES, begin, end):
            _add(found, row, "replies", "msg_count")
    for told in found.values():
        if "gained" in told:
            told.setdefault("replies", 0)  # of a day on which nobody wrote there is no line
    return dict(found)


def _add(found: dict[date, dict[str, int]], row: dict[str, Any], ours: str, theirs: str) -> None:
    day = found[_day(row)]
    day[ours] = day.get(ours, 0) + int(row.get(theirs) or 0)


def _day(row: dict[str, Any]) -> date:
    return date.fromisoformat(str(row["ref_date"])[:10])


def _weeks(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        yield first, min(first + A_CALL - timedelta(days=1), last)
        first += A_CALL


async def _rows(client: Client, endpoint: str, begin: date, end: date) -> list[dict[str, Any]]:
    """What the platform lists. Yesterday may not be ready: then the days before it are asked alone."""
    try:
        answer = await client.prepare(f"/datacube/{endpoint}", {"begin_date": f"{begin}", "end_date": f"{end}"})
    except Refusal as refusal:
        if refusal.code in NOT_YET:
            return await _rows(client, endpoint, begin, end - timedelta(days=1)) if begin < end else []
        raise NotSent(f"{endpoint}: {refusal.code}") from None
    return list(answer.get("list") or ())
