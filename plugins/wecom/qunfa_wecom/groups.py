"""Mass send to customer groups (客户群群发): one task for each owner, with that owner's groups; the owner presses send.

The platform lists of such a send only its owner and the groups already sent to. So of the same words to the same owner one
call is under way at a time: what a lookup then finds can be no other call's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from qunfa_wecom import customer, under_way
from qunfa_wecom.appchat import chats_of
from qunfa_wecom.confirming import names
from qunfa_wecom.customer_lookup import SURE_AFTER, Whose, asked_between, search
from qunfa_wecom.line import CONTACT, Line
from saas.channels import (
    Absent,
    Account,
    Delivery,
    Message,
    Outcome,
    Platform,
    Receipt,
    Refused,
    Target,
    Unknown,
)

GROUPS_A_CALL = 2_000
PAGE = 1_000
OWNED = frozenset({0, 3})
"""Groups whose owner is there: never left, or handed on to a new one."""
PART = "#"


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Create the task of one owner for the groups that the plan named; nothing is seen before the owner presses send."""
    if delivery.target.form != "ids" or len(delivery.target.ids) != 1:
        return Refused("客户群群发按群主发送 / a mass send to groups goes by owner", field="audience")
    chats = await _planned(line, delivery)
    if not chats:
        return Refused("该成员没有客户群 / this member owns no group", field="audience")
    body = {"chat_type": "group", "sender": owner(delivery), "chat_id_list": chats, **await customer.content(line, message)}
    where = under_way.place(message, owner(delivery))
    return await under_way.alone(line, where, delivery.key, lambda: customer.create(line, delivery, body))


async def lookup(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Find the owner's task whose answer was lost, among those made since this delivery first asked."""
    where = under_way.place(message, owner(delivery))
    key, since = await under_way.holder(line, where)
    if key and key != delivery.key:
        return Unknown("同内容的另一次群发尚未查清 / another send of the same words is not settled")
    first, last = await asked_between(line, delivery)
    if not key:
        return await _not_under_way(line, message, delivery, first, last)
    found = await search(line, message, delivery, since, last, Whose("group", _is_ours))
    if isinstance(found, Receipt | Absent):
        await under_way.free(line, where, delivery.key)
    return found


async def _not_under_way(line: Line, message: Message, delivery: Delivery, first: float, last: float) -> Outcome:
    """Who died before the call has never taken the slot; who died after the answer has noted whose task it is."""
    asked = await line.platform.recall_memory(f"asked:{delivery.key}")
    ago = line.platform.now().timestamp() - first
    if not asked and SURE_AFTER <= ago < under_way.HELD:
        return Absent("没有请求过平台 / the platform was never asked")
    return await search(line, message, delivery, first, last, Whose("group", _nobody_can_say))


async def _nobody_can_say(line: Line, delivery: Delivery, msgid: str) -> bool | None:
    return None


def owner(delivery: Delivery) -> str:
    """The member whose groups are meant; of one with very many groups a delivery has a part."""
    return delivery.target.ids[0].partition(PART)[0]


async def connect(line: Line) -> Outcome:
    """As for customers, and the app may read the groups."""
    told = await customer.connect(line)
    if isinstance(told, Receipt):
        await line.ask(CONTACT + "groupchat/list", {"status_filter": 0, "owner_filter": _by(await _first(line)), "limit": 1})
    return told


async def audience(account: Account, platform: Platform, tag: str = "") -> AsyncIterator[list[Target]]:
    """A target for each owner, counted in groups: those of the account's setting, or all."""
    line = Line(account, platform)
    called = await names(line)
    for member in await customer.followers(line):
        chats = await chats_of_owner(line, member)
        parts = [chats[start : start + GROUPS_A_CALL] for start in range(0, len(chats), GROUPS_A_CALL)]
        title = called.get(member, member)
        if parts:
            yield [
                Target("ids", (part(member, n * GROUPS_A_CALL),), len(p), {"title": title, "groups": " ".join(p)})
                for n, p in enumerate(parts)
            ]


async def _first(line: Line) -> str:
    return (await customer.followers(line))[0]


def _by(member: str) -> dict[str, list[str]]:
    return {"userid_list": [member]}


def part(member: str, place: int) -> str:
    """Whom a call names for the group at that place among the member's: of more than a call takes, a part."""
    number = place // GROUPS_A_CALL
    return f"{member}{PART}{number + 1}" if number else member


async def _planned(line: Line, delivery: Delivery) -> list[str]:
    """The groups that were counted when the campaign was planned and approved."""
    planned = delivery.target.fields.get("groups", "").split()
    return planned or (await chats_of_owner(line, owner(delivery)))[:GROUPS_A_CALL]


async def chats_of_owner(line: Line, member: str) -> list[str]:
    """A member's groups (groupchat/list, path/92120), those of the account's setting where it names some."""
    body = {"status_filter": 0, "owner_filter": _by(member), "limit": PAGE}
    wanted, found = set(chats_of(line.account)), []
    async for page in line.pages(CONTACT + "groupchat/list", body, "group_chat_list"):
        found += [str(chat["chat_id"]) for chat in page if int(chat.get("status") or 0) in OWNED]
    return [chat for chat in found if not wanted or chat in wanted]


async def _is_ours(line: Line, delivery: Delivery, msgid: str) -> bool | None:
    """Whether the one task is this owner's, and none of the groups sent to is another's."""
    tasks = [task async for page in line.pages(CONTACT + "get_groupmsg_task", {"msgid": msgid}, "task_list") for task in page]
    if not tasks:
        return None
    if [str(task["userid"]) for task in tasks] != [owner(delivery)]:
        return False
    wanted = set(await _planned(line, delivery))
    async for entries in customer.results(line, msgid, owner(delivery)):
        if any(entry.get("chat_id") not in wanted for entry in entries):
            return False
    return True
