"""Customer moments (客户朋友圈): a job makes one task a member, members publish, results are polled."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from qunfa_wecom import media, under_way
from qunfa_wecom.customer import SETTLED_AFTER, confirmed, contacts, followers, members, require
from qunfa_wecom.customer_lookup import MONTH, SLACK, asked_between
from qunfa_wecom.line import CONTACT, Line
from qunfa_wecom.outline import moment_outline, outline
from qunfa_wecom.pace import age, deadline, given_up, poll_after
from saas.channels import (
    Absent,
    Account,
    Delivery,
    Message,
    Outcome,
    Platform,
    Progress,
    Receipt,
    Refused,
    Target,
    Throttled,
    Unknown,
)

DONE = 3
LIST_PAGE, TASK_PAGE, RESULT_PAGE = 20, 1_000, 5_000
SURE_AFTER = 30.0
JOB_LIVES = 86_400.0


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Start the job. Nothing is seen before members publish."""
    body = await _content(line, message)
    if seen_by := _visible_range(line.account, delivery.target):
        body["visible_range"] = seen_by
    where = _place(line, message, delivery)
    return await under_way.alone(line, where, delivery.key, lambda: _begin(line, delivery, body))


async def _begin(line: Line, delivery: Delivery, body: Mapping[str, Any]) -> Receipt:
    now = line.platform.now()
    await line.platform.remember(f"asked:{delivery.key}", str(now.timestamp()), 86_400.0)
    answer = await line.act(CONTACT + "add_moment_task", body)
    await _note_job(line, str(answer["jobid"]), delivery.key)
    waiting = Progress(
        awaiting=delivery.target.people, awaiting_until=deadline(delivery, now), poll_after=poll_after(delivery, now)
    )
    return Receipt({"jobid": str(answer["jobid"])}, waiting)


def _place(line: Line, message: Message, delivery: Delivery) -> str:
    return under_way.place(message, json.dumps(_visible_range(line.account, delivery.target), sort_keys=True))


def _visible_range(account: Account, target: Target) -> dict[str, Any]:
    senders, whom = members(account), {}
    if senders:
        whom["sender_list"] = {"user_list": senders}
    if target.form == "tag":
        whom["external_contact_list"] = {"tag_list": list(target.ids)}
    return whom


async def _content(line: Line, message: Message) -> dict[str, Any]:
    content: dict[str, Any] = {"text": {"content": message.text}} if message.text else {}
    if message.kind == "link" and message.link:
        card = {"title": message.link.title, "url": message.link.url}
        if message.link.image:
            card["media_id"] = await media.moments_media_id(line, message.link.image)
        content["attachments"] = [{"msgtype": "link", "link": card}]
    elif message.kind == "image":
        ids = [await media.moments_media_id(line, picture) for picture in message.images]
        content["attachments"] = [{"msgtype": "image", "image": {"media_id": i}} for i in ids]
    return content


async def progress(line: Line, delivery: Delivery) -> Progress:
    """Totals in people: who sees the moment, who still waits for a member to publish."""
    people, now = delivery.target.people, line.platform.now()
    moment = await _moment(line, delivery)
    if isinstance(moment, Progress):
        return moment
    ids = {"moment_id": moment}
    tasks, reached = await _standing(line, moment)
    told = Progress(delivered=min(len(reached), people), ids=ids)
    rest = people - told.delivered
    stopped = await line.platform.recall_memory(f"stopped:{moment}") is not None
    if stopped or (_all_published(tasks) and (not rest or age(delivery, now) > SETTLED_AFTER)):
        return replace(told, skipped=rest, final=True)
    if _all_published(tasks):
        return replace(told, poll_after=poll_after(delivery, now))
    waiting = replace(told, awaiting=rest, awaiting_until=deadline(delivery, now), code="members_confirm")
    waiting = replace(waiting, reason=confirmed(sum(tasks.values()), len(tasks)))
    if given_up(delivery, now):
        return replace(waiting, final=True)
    return replace(waiting, poll_after=poll_after(delivery, now))


def _all_published(tasks: Mapping[str, bool]) -> bool:
    return bool(tasks) and all(tasks.values())


async def _moment(line: Line, delivery: Delivery) -> str | Progress:
    """The moment's id, or how the job stands that will make it."""
    if delivery.ids.get("moment_id"):
        return delivery.ids["moment_id"]
    people, now = delivery.target.people, line.platform.now()
    answer = await _job(line, require(delivery, "jobid"), delivery.key)
    if isinstance(answer, str):
        return answer
    result = answer.get("result") or {}
    if int(answer.get("status") or 0) != DONE:
        return Progress(awaiting=people, awaiting_until=deadline(delivery, now), poll_after=poll_after(delivery, now))
    return Progress(failed=people, final=True, code=str(result.get("errcode", "")), reason=str(result.get("errmsg", ""))[:120])


async def _job(line: Line, jobid: str, key: str) -> str | dict[str, Any]:
    """The moment a job has made, remembered as the delivery's; or the platform's answer while there is none."""
    known = await line.platform.recall_memory(f"job:{jobid}")
    if known:
        return known
    answer = await line.ask(CONTACT + "get_moment_task_result", params={"jobid": jobid})
    moment = str((answer.get("result") or {}).get("moment_id") or "")
    if int(answer.get("status") or 0) != DONE or not moment:
        return answer
    await line.platform.remember(f"job:{jobid}", moment)
    await line.platform.remember(f"moment:{moment}", key)
    return moment


async def _note_job(line: Line, jobid: str, key: str) -> None:
    """Keep the job among the open ones: a lookup must know whose moments those are that are not polled yet."""
    known = await line.platform.recall_memory("jobs") or ""
    while not await line.platform.exchange("jobs", known, json.dumps({**json.loads(known or "{}"), jobid: key}), JOB_LIVES):
        known = await line.platform.recall_memory("jobs") or ""


async def _settle_jobs(line: Line) -> bool:
    """Learn whose moments the open jobs have made. False while one of them still runs."""
    known = await line.platform.recall_memory("jobs") or ""
    jobs: dict[str, str] = json.loads(known or "{}")
    open_jobs = {}
    for jobid, key in jobs.items():
        answer = await _job(line, jobid, key)
        if not isinstance(answer, str) and int(answer.get("status") or 0) != DONE:
            open_jobs[jobid] = key
    same = await line.platform.exchange("jobs", known, json.dumps(open_jobs), JOB_LIVES)
    return same and not open_jobs


async def _standing(line: Line, moment: str) -> tuple[dict[str, bool], set[str]]:
    """Each member and whether the moment is published, and the customers reached by those who have."""
    members: dict[str, bool] = {}
    reached: set[str] = set()
    async for tasks in line.pages(CONTACT + "get_moment_task", {"moment_id": moment, "limit": TASK_PAGE}, "task_list"):
        members.update({task["userid"]: bool(int(task.get("publish_status") or 0)) for task in tasks})
    for userid in (member for member, published in members.items() if published):
        reached |= await _reached(line, moment, userid)
    return members, reached


async def _reached(line: Line, moment: str, userid: str) -> set[str]:
    body = {"moment_id": moment, "userid": userid, "limit": RESULT_PAGE}
    pages = line.pages(CONTACT + "get_moment_send_result", body, "customer_list")
    return {entry["external_userid"] async for page in pages for entry in page}


async def lookup(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Search the listing of moments for one of the same content that no other delivery of ours owns."""
    began, last = await asked_between(line, delivery)
    now = line.platform.now()
    if not began or now.timestamp() - began > MONTH:
        return Unknown("列表不再回溯到发送时间 / the listing no longer reaches back to the send")
    where = _place(line, message, delivery)
    holder, _ = await under_way.holder(line, where)
    if holder and holder != delivery.key:
        return Unknown("同内容的另一次发表尚未查清 / another moment of the same words is not settled")
    settled, unsure = await _settle_jobs(line), False
    for moment in await _listed(line, message, int(began) - SLACK, int(now.timestamp()) + SLACK):
        owner = await line.platform.recall_memory(f"moment:{moment}")
        free_to_claim = owner is None and settled and holder == delivery.key
        if owner == delivery.key or (free_to_claim and await under_way.adopt(line, f"moment:{moment}", delivery.key)):
            await under_way.free(line, where, delivery.key)
            return _found(line, delivery, moment)
        unsure = unsure or (owner is None and not free_to_claim)
    return await _not_found(line, where, delivery.key, settled and not unsure and now.timestamp() - last >= SURE_AFTER)


async def _not_found(line: Line, where: str, key: str, sure: bool) -> Outcome:
    if not sure:
        return Unknown("平台可能尚未列出 / the platform may not list it yet")
    await under_way.free(line, where, key)
    return Absent("朋友圈列表中没有这次发表 / the listing of moments does not have it")


async def _listed(line: Line, message: Message, start: int, end: int) -> list[str]:
    """Moments of the corp in the time span with the same content, oldest first."""
    span = {"start_time": start, "end_time": end, "filter_type": 0, "limit": LIST_PAGE}
    wanted, found = outline(message), []
    async for page in line.pages(CONTACT + "get_moment_list", span, "moment_list"):
        found += [item for item in page if moment_outline(item) == wanted]
    return [str(item["moment_id"]) for item in sorted(found, key=lambda item: int(item["create_time"]))]


def _found(line: Line, delivery: Delivery, moment: str) -> Receipt:
    now = line.platform.now()
    until, soon = deadline(delivery, now), poll_after(delivery, now)
    return Receipt({"moment_id": moment}, Progress(awaiting=delivery.target.people, awaiting_until=until, poll_after=soon))


async def recall(line: Line, delivery: Delivery, message: Message) -> Outcome:
    """Stop what no member has published yet; what was published stays."""
    moment = await _moment(line, delivery)
    if isinstance(moment, Progress):
        if moment.failed:
            return Refused(moment.reason, moment.code)
        return Throttled(2.0, reason="朋友圈任务仍在创建 / the moment is still being created")
    tasks, _ = await _standing(line, moment)
    if _all_published(tasks):
        return Refused("成员已全部发表，平台不支持撤回 / every member has published; the platform takes nothing back")
    await line.ask(CONTACT + "cancel_moment_task", {"moment_id": moment})
    await line.platform.remember(f"stopped:{moment}", "1")
    delivered = min(len((await _standing(line, moment))[1]), delivery.target.people)
    stopped = Progress(delivered=delivered, skipped=delivery.target.people - delivered, final=True)
    return Receipt({**delivery.ids, "moment_id": moment}, stopped)


async def audience(account: Account, platform: Platform, tag: str = "") -> AsyncIterator[list[Target]]:
    """One target: all customers of the members who will be asked to publish, or those of them with a tag."""
    line = Line(account, platform)
    if tag:
        tagged = {contact.id async for page in contacts(line) for contact in page if tag in contact.tags}
        yield [Target("tag", (tag,), len(tagged), {"title": account.name})]
        return
    customers: set[str] = set()
    for userid in await followers(line):
        answer = await line.ask(CONTACT + "list", params={"userid": userid})
        customers.update(answer.get("external_userid") or [])
    yield [Target("all", (), len(customers), {"title": account.name})]
