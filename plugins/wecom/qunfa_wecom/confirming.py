"""Members who have not confirmed: who they are, how many customers (or groups) each holds up, and how they are reminded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

from qunfa_wecom.customer import PAGE, UNSENT, require, results
from qunfa_wecom.errors import FREQUENCY, STILL_DISPATCHING, PlatformError, describe
from qunfa_wecom.line import CONTACT, Line
from saas.channels import Delivery, Exhausted, NotSent, Outcome, Person, Receipt

COUNTED_AT_ONCE = 100
REMEMBERED = 30 * 86_400.0
REMIND_WINDOW = timedelta(hours=24)


async def customer_members(line: Line, delivery: Delivery) -> list[Person]:
    """Members who have not pressed send. Nobody while the platform still makes the tasks."""
    msgid, unsent = require(delivery, "msgid"), list[str]()
    try:
        async for tasks in line.pages(CONTACT + "get_groupmsg_task", {"msgid": msgid, "limit": PAGE}, "task_list"):
            unsent += [task["userid"] for task in tasks if int(task.get("status") or 0) == UNSENT]
    except PlatformError as error:
        if error.code != STILL_DISPATCHING:
            raise
    return await _people(line, delivery, msgid, unsent)


async def moment_members(line: Line, delivery: Delivery) -> list[Person]:
    """Members who have not published. Nobody while the job still makes the moment."""
    moment, unsent = delivery.ids.get("moment_id", ""), list[str]()
    if not moment:
        return []
    async for tasks in line.pages(CONTACT + "get_moment_task", {"moment_id": moment, "limit": PAGE}, "task_list"):
        unsent += [task["userid"] for task in tasks if not int(task.get("publish_status") or 0)]
    return await _people(line, delivery, moment, unsent)


async def remind_customer(line: Line, delivery: Delivery) -> Outcome:
    """Remind all members who have not pressed send; one call, asked once. Somebody may have used up the three in the console."""
    try:
        await line.act(CONTACT + "remind_groupmsg_send", {"msgid": require(delivery, "msgid")})
    except PlatformError as error:
        if error.code != FREQUENCY:
            raise
        return Exhausted("remind_message", line.platform.now() + REMIND_WINDOW, str(error.code), describe(error))
    return Receipt({})


async def _people(line: Line, delivery: Delivery, of: str, unsent: list[str]) -> list[Person]:
    """The members with name and customers. A task's customers do not change, so each member is counted once; of very many
    members some are counted now and the others when we are asked again."""
    known: dict[str, tuple[str, int]] = json.loads(await line.platform.recall_memory(f"members:{of}") or "{}")
    fresh = [userid for userid in unsent if userid not in known][:COUNTED_AT_ONCE]
    if fresh:
        called = await names(line)
        for userid in fresh:
            known[userid] = (called.get(userid, userid), await _customers(line, delivery, of, userid))
        await line.platform.remember(f"members:{of}", json.dumps(known, ensure_ascii=False), REMEMBERED)
    return [Person(userid, *known.get(userid, (userid, 0)), since=delivery.started_at) for userid in unsent]


async def names(line: Line) -> dict[str, str]:
    """Names of members, where the app may see them (user/simplelist, path/90200)."""
    try:
        answer = await line.ask("user/simplelist", params={"department_id": "1", "fetch_child": "1"})
    except (PlatformError, NotSent):
        return {}
    return {str(user["userid"]): str(user.get("name") or user["userid"]) for user in answer.get("userlist") or []}


async def _customers(line: Line, delivery: Delivery, of: str, userid: str) -> int:
    if delivery.route == "groups":  # results name a group only once it was sent to, and there is one owner a call
        return delivery.target.people
    pages: AsyncIterator[list[dict[str, object]]]
    if delivery.route == "customer":
        pages = results(line, of, userid)
    else:
        body = {"moment_id": of, "userid": userid, "limit": PAGE}
        pages = line.pages(CONTACT + "get_moment_customer_list", body, "customer_list")
    return sum([len(page) async for page in pages])
