"""Mass send to customer groups (客户群群发): one task for each owner, with that owner's groups; the owner presses send.

The platform lists of such a send only its owner and the groups already sent to. So of the same words to the same owner one
call is under way at a time: what a lookup then finds can be no other call's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator

from qunfa_wecom import customer
from qunfa_wecom.appchat import chats_of
from qunfa_wecom.confirming import names
from qunfa_wecom.customer_lookup import SURE_AFTER, Whose, asked_between, search
from qunfa_wecom.errors import PlatformError
from qunfa_wecom.line import CONTACT, Line
from qunfa_wecom.outline import outline
from saas.channels import (
    Absent,
    Account,
    Delivery,
    Message,
    NotSent,
    Outcome,
    Platform,
    Receipt,
    Refused,
    Target,
    Throttled,
    Unknown,
)

GROUPS_A_CALL = 2_000
PAGE = 1_000
OWNED = frozenset({0, 3})
"""Groups whose owner is there: never left, or handed on to a new one."""
PART = "#"
HELD = 3_600.0
HELD_WAIT = 30.0


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Create the task of one owner for the groups that the plan named; nothing is seen before the owner presses send."""
    if delivery.target.form != "ids" or len(delivery.target.ids) != 1:
        return Refused("客户群群发按群主发送 / a mass send to groups goes by owner", field="audience")
    chats = await _planned(line, delivery)
    if not chats:
        return Refused("该成员没有客户群 / this member owns no group", field="audience")
    body = {"chat_type": "group", "sender": owner(delivery), "chat_id_list": chats, **await customer.content(line, message)}
    slot = _slot(message, delivery)
    if not await _take(line, slot, delivery.key):
        words = "同内容发给同一群主的群发结果未明，等它查清 / the same words to the same owner are not settled yet"
        return Throttled(HELD_WAIT, "same_words", words)
    try:
        receipt = await customer.create(line, delivery, body)
    except NotSent:
        await _free(line, slot)
        raise
    except PlatformError as error:
        if error.sure:
            await _free(line, slot)
        raise
    await _free(line, slot)
    return receipt


async def lookup(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Find the owner's task whose answer was lost, among those made since this delivery first asked."""
    slot = _slot(message, delivery)
    key, _, since = (await line.platform.recall_memory(slot) or "").partition(" ")
    if key and key != delivery.key:
        return Unknown("同内容的另一次群发尚未查清 / another send of the same words is not settled")
    first, last = await asked_between(line, delivery)
    if not key:
        return await _not_under_way(line, message, delivery, first, last)
    found = await search(line, message, delivery, float(since), last, Whose("group", _is_ours))
    if isinstance(found, Receipt | Absent):
        await _free(line, slot)
    return found


async def _not_under_way(line: Line, message: Message, delivery: Delivery, first: float, last: float) -> Outcome:
    """Who died before the call has never taken the slot; who died after the answer has noted whose task it is."""
    asked = await line.platform.recall_memory(f"asked:{delivery.key}")
    ago = line.platform.now().timestamp() - first
    if not asked and SURE_AFTER <= ago < HELD:
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
        chats = await _chats(line, member)
        parts = [chats[start : start + GROUPS_A_CALL] for start in range(0, len(chats), GROUPS_A_CALL)]
        title = called.get(member, member)
        if parts:
            yield [
                Target("ids", (_part(member, n),), len(p), {"title": title, "chats": " ".join(p)}) for n, p in enumerate(parts)
            ]


async def _first(line: Line) -> str:
    return (await customer.followers(line))[0]


def _by(member: str) -> dict[str, list[str]]:
    return {"userid_list": [member]}


def _part(member: str, number: int) -> str:
    return f"{member}{PART}{number + 1}" if number else member


async def _planned(line: Line, delivery: Delivery) -> list[str]:
    """The groups that were counted when the campaign was planned and approved."""
    planned = delivery.target.fields.get("chats", "").split()
    return planned or (await _chats(line, owner(delivery)))[:GROUPS_A_CALL]


async def _chats(line: Line, member: str) -> list[str]:
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


def _slot(message: Message, delivery: Delivery) -> str:
    words = json.dumps([owner(delivery), outline(message)], ensure_ascii=False)
    return "under_way:" + hashlib.sha256(words.encode()).hexdigest()[:32]


async def _take(line: Line, slot: str, key: str) -> bool:
    """Whether this delivery may call: nobody else's call with these words to this owner is under way or unsettled."""
    held = (await line.platform.recall_memory(slot) or "").partition(" ")[0]
    if held and held != key:
        return False
    if not held:
        await line.platform.remember(slot, f"{key} {line.platform.now().timestamp()}", HELD)
    return (await line.platform.recall_memory(slot) or "").partition(" ")[0] == key


async def _free(line: Line, slot: str) -> None:
    await line.platform.remember(slot, "", 1.0)
