"""Customer groups (客户群): who owns which, and how many people came into them by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from qunfa_wecom.simulator.behaviour import days_between, midnight, truth
from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.pages import page
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

OWNERS, ALL_OWNERS = 100, 1_000
PEOPLE_A_GROUP = 30


class Chats:
    """Answers about customer groups."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def listing(self, ask: Ask) -> Mapping[str, Any]:
        """``groupchat/list``: at most a hundred owners asked for; without them 81017 where the range has over a thousand."""
        owners = owners_of(ask)
        if int(ask.body.get("status_filter") or 0) not in range(4) or not ask.body.get("limit"):
            raise Refusal(40058)
        kept = [chat for owner in owners for chat in ask.corp.chats_of(owner)] if not ask.body.get("status_filter") else []
        found, cursor = page(kept, ask.body, 1_000, 1_000)
        return {"group_chat_list": [{"chat_id": chat, "status": 0} for chat in found], "next_cursor": cursor}

    async def get(self, ask: Ask) -> Mapping[str, Any]:
        """``groupchat/get``: name, owner and members. A group that nobody has named has an empty name."""
        chat = str(ask.body.get("chat_id", ""))
        for owner in ask.corp.members:
            if (index := ask.corp.chats_of(owner).get(chat)) is not None:
                people = [{"userid": f"{chat}{number}", "type": 2} for number in range(PEOPLE_A_GROUP)]
                return {"group_chat": {"chat_id": chat, "name": named(index), "owner": owner, "member_list": people}}
        raise Refusal(40058)

    async def by_day(self, ask: Ask) -> Mapping[str, Any]:
        """``groupchat/statistic_group_by_day``: sums over the owners asked for."""
        begin, owners = ask.body.get("day_begin_time"), owners_of(ask)
        if not (ask.body.get("owner_filter") or {}).get("userid_list"):
            raise Refusal(40058)
        days = days_between(self._stage, begin, ask.body.get("day_end_time") or begin)
        return {"items": [{"stat_time": midnight(day), "data": self._data(ask, owners, day)} for day in days]}

    def _data(self, ask: Ask, owners: list[str], day: date) -> dict[str, int]:
        groups = sum(len(ask.corp.chats_of(owner)) for owner in owners)
        moved = [moves(ask.corp.id, owner, day) for owner in owners]
        came, there = sum(one[0] for one in moved), groups * PEOPLE_A_GROUP + sum(one[2] for one in moved)
        people = {"new_member_cnt": came, "member_total": there, "member_has_msg": came}
        return {"new_chat_cnt": 0, "chat_total": groups, "chat_has_msg": groups, "msg_total": groups * 9, **people}


def named(index: int) -> str:
    """The name of customer group ``index``: every seventeenth has none, and every tenth that of another."""
    return "" if index % 17 == 16 else f"顾客群 {index // 10 * 10 if index % 10 == 9 else index}"


def moves(corp: str, owner: str, day: date) -> tuple[int, int, int]:
    """People who came into an owner's groups on a day and who left, and how many more than at the beginning there are."""
    (level, other), before = truth(corp, owner, day), truth(corp, owner, day - timedelta(days=1))[0]
    return max(level - before, 0) + other, max(before - level, 0) + other, level


def owners_of(ask: Ask) -> list[str]:
    """The owners that a question names, or everybody in the app's range."""
    named = (ask.body.get("owner_filter") or {}).get("userid_list") or []
    if not isinstance(named, list) or len(named) > OWNERS:
        raise Refusal(40058)
    if not named and len(ask.corp.members) > ALL_OWNERS:
        raise Refusal(81017)
    owners = [ask.corp.member(str(user)) for user in named] or list(ask.corp.members)
    if None in owners:
        raise Refusal(60111)
    return [owner for owner in owners if owner]
