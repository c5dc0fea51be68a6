"""Find a customer mass send whose answer was lost, and tell batches of the same content apart by their customers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from qunfa_wecom import under_way
from qunfa_wecom.customer import results
from qunfa_wecom.errors import STILL_DISPATCHING, PlatformError
from qunfa_wecom.line import CONTACT, Line
from qunfa_wecom.outline import listed_outline, outline
from qunfa_wecom.pace import deadline, poll_after
from saas.channels import Absent, Delivery, Message, Outcome, Progress, Receipt, Unknown

SLACK = 60
SURE_AFTER = 10.0
MONTH = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Whose:
    """How the mass sends of a chat type are told apart: whether one is the delivery's, or None when nobody can say yet."""

    chat_type: str
    is_ours: Callable[[Line, Delivery, str], Awaitable[bool | None]]


async def lookup(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """``Receipt`` for the one mass send that is this delivery's; ``Absent`` only when the whole listing has none."""
    where = under_way.place(message, " ".join(delivery.target.ids))
    holder, _ = await under_way.holder(line, where)
    if holder and holder != delivery.key:
        return Unknown("同内容的另一次群发尚未查清 / another send of the same words is not settled")
    began, last = await asked_between(line, delivery)
    found = await search(line, message, delivery, began, last, Whose("single", _is_ours))
    if isinstance(found, Receipt | Absent):
        await under_way.free(line, where, delivery.key)
    return found


async def search(line: Line, message: Message, delivery: Delivery, began: float, last: float, whose: Whose) -> Outcome:
    """Go through the mass sends made since ``began``; ``whose`` says which one is this delivery's."""
    now = line.platform.now().timestamp()
    if not began or now - began > MONTH:
        return Unknown("列表不再回溯到发送时间 / the listing no longer reaches back to the send")
    unsure = False
    for item in await _listed(line, message, whose.chat_type, int(began) - SLACK, int(now) + SLACK):
        ours = await _owned(line, delivery, str(item["msgid"]), whose)
        if ours and await under_way.adopt(line, f"msgid:{item['msgid']}", delivery.key):
            return await _found(line, delivery, str(item["msgid"]))
        unsure = unsure or ours is None
    if unsure:
        return Unknown("有同内容的群发尚未列出客户 / a mass send of the same content does not list its customers yet")
    if now - last < SURE_AFTER:
        return Unknown("平台可能尚未列出 / the platform may not list it yet")
    return Absent("群发列表中没有这次发送 / the listing of mass sends does not have it")


async def asked_between(line: Line, delivery: Delivery) -> tuple[float, float]:
    """When the first attempt began and when the platform was last asked, as Unix times; zeros when never."""
    asked = float(await line.platform.recall_memory(f"asked:{delivery.key}") or 0)
    began = delivery.started_at.timestamp() if delivery.started_at else asked
    return began, max(asked, began)


async def _listed(line: Line, message: Message, chat_type: str, start: int, end: int) -> list[dict[str, Any]]:
    """Mass sends of the time span that an API made with the same content, oldest first."""
    body = {"chat_type": chat_type, "start_time": start, "end_time": end, "filter_type": 0, "limit": 100}
    wanted, found = outline(message), []
    async for page in line.pages(CONTACT + "get_groupmsg_list_v2", body, "group_msg_list"):
        found += [item for item in page if not item.get("creator") and listed_outline(item) == wanted]
    return sorted(found, key=lambda item: int(item["create_time"]))


async def _owned(line: Line, delivery: Delivery, msgid: str, whose: Whose) -> bool | None:
    """Whether the mass send is this delivery's; None when the platform does not tell enough yet."""
    owner = await line.platform.recall_memory(f"msgid:{msgid}")
    if owner is not None:
        return owner == delivery.key
    try:
        return await whose.is_ours(line, delivery, msgid)
    except PlatformError as error:
        if error.code != STILL_DISPATCHING:
            raise
        return None


async def _is_ours(line: Line, delivery: Delivery, msgid: str) -> bool | None:
    """Whether its customers are the delivery's; None when too few of them are listed to be sure."""
    wanted, seen = set(delivery.target.ids), 0
    async for tasks in line.pages(CONTACT + "get_groupmsg_task", {"msgid": msgid, "limit": 1_000}, "task_list"):
        for task in tasks:
            async for entries in results(line, msgid, task["userid"]):
                seen += len(entries)
                if any(entry.get("external_userid") not in wanted for entry in entries):
                    return False
    return True if seen * 2 >= len(wanted) else None


async def _found(line: Line, delivery: Delivery, msgid: str) -> Receipt:
    now = line.platform.now()
    until, soon = deadline(delivery, now), poll_after(delivery, now)
    return Receipt({"msgid": msgid}, Progress(awaiting=delivery.target.people, awaiting_until=until, poll_after=soon))
