"""Tags: a corp's own for its customers (企业客户标签), and those of its address book for members (通讯录标签)."""

from __future__ import annotations

from collections import Counter

from qunfa_wecom.customer import contacts, members
from qunfa_wecom.line import CONTACT, Line
from saas.channels import Tag

MEMBERS = "user/simplelist"


async def of_customers(line: Line) -> list[Tag]:
    """The corp's tags (get_corp_tag_list, path/92117). The list knows no sizes: the customers are counted."""
    answer = await line.ask(CONTACT + "get_corp_tag_list", {})
    listed = [tag for group in answer.get("tag_group") or [] for tag in group.get("tag") or [] if not tag.get("deleted")]
    if not listed:
        return []
    carried: dict[str, set[str]] = {}
    async for page in contacts(line):
        for contact in page:
            carried.setdefault(contact.id, set()).update(contact.tags)
    sizes = Counter(tag for tags in carried.values() for tag in tags)
    return [Tag(str(tag["id"]), str(tag.get("name", "")), sizes[str(tag["id"])]) for tag in listed]


async def of_members(line: Line) -> list[Tag]:
    """The address book's tags that the app may use (tag/list, path/90216), each with its members in the app's range."""
    answer = await line.ask("tag/list")
    within = {user["userid"] for user in await in_range(line)}
    found = []
    for tag in answer.get("taglist") or []:
        id = str(tag["tagid"])
        found.append(Tag(id, str(tag.get("tagname", "")), len(within & await carrying(line, id))))
    return found


async def carrying(line: Line, tag: str) -> set[str]:
    """The members with a tag (tag/get, path/90213), those of its departments included."""
    answer = await line.ask("tag/get", params={"tagid": tag})
    found = {str(user["userid"]) for user in answer.get("userlist") or []}
    for party in answer.get("partylist") or []:
        users = await line.ask(MEMBERS, params={"department_id": str(party), "fetch_child": "1"})
        found.update(str(user["userid"]) for user in users.get("userlist") or [])
    return found


async def in_range(line: Line) -> list[dict[str, str]]:
    """The members in the app's visible range (user/simplelist, path/90200), or those the account's settings name."""
    answer = await line.ask(MEMBERS, params={"department_id": "1", "fetch_child": "1"})
    wanted = set(members(line.account))
    return [user for user in answer.get("userlist") or [] if not wanted or user["userid"] in wanted]
