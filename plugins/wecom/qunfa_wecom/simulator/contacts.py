"""Who there is: members who follow customers, the customers, the members in the app's range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.pages import page
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "安博晨德恩方歌禾佳康朗明宁平清然思桐文欣"


class Contacts:
    """Answers from the corps' records alone."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._entries: dict[tuple[str, tuple[str, ...]], tuple[object, list[tuple[str, int]]]] = {}

    async def follow_users(self, ask: Ask) -> Mapping[str, Any]:
        """``externalcontact/get_follow_user_list``."""
        return {"follow_user": list(ask.corp.members)}

    async def customers(self, ask: Ask) -> Mapping[str, Any]:
        """``externalcontact/list?userid``: every customer of a member."""
        member = ask.corp.member(str(ask.body.get("userid", "")))
        if member is None:
            raise Refusal(60111)
        return {"external_userid": [ask.corp.customer(i) for i in ask.corp.customers_of(member)]}

    async def by_user(self, ask: Ask) -> Mapping[str, Any]:
        """``externalcontact/batch/get_by_user``: customers with names, at most 100 a page."""
        users = ask.body.get("userid_list") or []
        if not isinstance(users, list) or not 0 < len(users) <= 100:
            raise Refusal(40058)
        found, cursor = page(self._of(ask.corp, tuple(users)), ask.body, 100, 50)
        return {"external_contact_list": [_entry(ask.corp, member, index) for member, index in found], "next_cursor": cursor}

    def _of(self, corp: Corp, users: tuple[str, ...]) -> list[tuple[str, int]]:
        """Member and customer pairs; computed once for as long as the corp's record stays as it is."""
        known = self._entries.get((corp.id, users))
        if known and known[0] is corp.record:
            return known[1]
        members = [member for user in users if (member := corp.member(user))]
        entries = [(member, index) for member in members for index in corp.customers_of(member)]
        self._entries[corp.id, users] = (corp.record, entries)
        return entries

    async def simple_list(self, ask: Ask) -> Mapping[str, Any]:
        """``user/simplelist?department_id``: the members in the app's visible range."""
        if not str(ask.body.get("department_id", "")).isdecimal():
            raise Refusal(40058)
        users = [{"userid": m, "name": _name(i), "department": [1], "open_userid": ""} for i, m in enumerate(ask.corp.members)]
        return {"userlist": users}

    async def corp_tags(self, ask: Ask) -> Mapping[str, Any]:
        """``externalcontact/get_corp_tag_list``: tags by group; no sizes."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for order, tag in enumerate(ask.corp.record.get("tags", ())):
            listed = {"id": tag["id"], "name": tag["name"], "create_time": 1_700_000_000, "order": order, "deleted": False}
            groups.setdefault(str(tag.get("group", "")), []).append(listed)
        return {"tag_group": [{"group_id": f"g{n}", "group_name": g, "tag": tags} for n, (g, tags) in enumerate(groups.items())]}

    async def tags(self, ask: Ask) -> Mapping[str, Any]:
        """``tag/list``: the address book's tags that the app may use."""
        return {"taglist": [{"tagid": tag["id"], "tagname": tag["name"]} for tag in ask.corp.record.get("tags", ())]}

    async def tag(self, ask: Ask) -> Mapping[str, Any]:
        """``tag/get?tagid``: the members with a tag; 40068 when there is no such tag."""
        wanted = str(ask.body.get("tagid", ""))
        name = next((tag["name"] for tag in ask.corp.record.get("tags", ()) if str(tag["id"]) == wanted), None)
        if name is None:
            raise Refusal(40068)
        users = [{"userid": m, "name": _name(i)} for i, m in enumerate(ask.corp.members) if wanted in ask.corp.tags_of(i)]
        return {"tagname": name, "userlist": users, "partylist": []}

    async def agent(self, ask: Ask) -> Mapping[str, Any]:
        """``agent/get?agentid``: 301002 unless the secret belongs to it."""
        if ask.body.get("agentid") != ask.corp.record.get("agent_id"):
            raise Refusal(301002)
        return {"agentid": int(ask.corp.record["agent_id"]), "name": ask.corp.record.get("name", ""), "close": 0}


def _entry(corp: Corp, member: str, index: int) -> dict[str, Any]:
    customer = {"external_userid": corp.customer(index), "name": _name(index), "type": 1, "gender": index % 3}
    follow = {"userid": member, "remark": "", "createtime": 1_700_000_000 + index, "tag_id": corp.tags_of(index)}
    return {"external_contact": customer, "follow_info": follow}


def _name(index: int) -> str:
    return SURNAMES[index % len(SURNAMES)] + GIVEN[index // len(SURNAMES) % len(GIVEN)]
