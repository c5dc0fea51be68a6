"""Customer mass send (企业群发): a call makes tasks, members press send, results are polled."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from qunfa_wecom import media, under_way
from qunfa_wecom.errors import STILL_DISPATCHING, PlatformError
from qunfa_wecom.line import CONTACT, FOR_NOW, Line
from qunfa_wecom.pace import age, deadline, given_up, poll_after
from saas.channels import (
    Account,
    Delivery,
    Failure,
    Message,
    NotSent,
    Outcome,
    Platform,
    Progress,
    Receipt,
    Refused,
    Target,
    Unauthorized,
)

PAGE = 1_000
MEMBERS_A_CALL = 100
UNSENT, SENT, NOT_A_FRIEND, OVER_CAP = 0, 1, 2, 3
SETTLED_AFTER = 600.0
FAILURES_NAMED = 1_000
SKIPPED = {
    NOT_A_FRIEND: Failure("", "send_status_2", "已不是好友 / no longer a contact"),
    OVER_CAP: Failure("", "send_status_3", "已收到其他群发，达到上限 / got another mass send, over the cap"),
}


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Create the mass send for up to 10 000 customers; the members of the corp must then confirm."""
    target = delivery.target
    if target.form != "ids":
        return Refused("客户群发需要客户名单 / a customer mass send takes a list of customers", field="audience")
    body = {"chat_type": "single", "external_userid": list(target.ids), **await content(line, message)}
    senders = members(line.account)
    if len(senders) == 1:
        body["sender"] = senders[0]
    where = under_way.place(message, " ".join(target.ids))
    return await under_way.alone(line, where, delivery.key, lambda: create(line, delivery, body))


async def create(line: Line, delivery: Delivery, body: Mapping[str, Any]) -> Receipt:
    """Make the tasks of members; everybody waits for them. Raises NotSent, MaybeSent, PlatformError."""
    now = line.platform.now()
    await line.platform.remember(f"asked:{delivery.key}", str(now.timestamp()), 86_400.0)
    answer = await line.act(CONTACT + "add_msg_template", body)
    return await _accepted(line, delivery, str(answer["msgid"]), answer.get("fail_list") or [])


async def _accepted(line: Line, delivery: Delivery, msgid: str, failed: list[str]) -> Receipt:
    await line.platform.remember(f"msgid:{msgid}", delivery.key)
    if failed:
        await line.platform.remember(f"left_out:{msgid}", str(len(failed)))
    now = line.platform.now()
    progress = Progress(
        awaiting=delivery.target.people - len(failed),
        skipped=len(failed),
        failures=tuple(Failure(i, "fail_list", "没有联系关系 / no relation to this customer") for i in failed[:FAILURES_NAMED]),
        awaiting_until=deadline(delivery, now),
        poll_after=poll_after(delivery, now),
    )
    return Receipt({"msgid": msgid}, progress)


async def content(line: Line, message: Message) -> dict[str, Any]:
    """The message as a mass send carries it, its pictures uploaded."""
    words: dict[str, Any] = {"text": {"content": message.text}} if message.text else {}
    attachments = await _attachments(line, message)
    return {**words, "attachments": attachments} if attachments else words


async def _attachments(line: Line, message: Message) -> list[dict[str, Any]]:
    if message.kind == "link" and message.link:
        link = message.link
        card = {"title": link.title, "desc": link.description, "url": link.url}
        picture = {"picurl": await media.permanent_url(line, link.image)} if link.image else {}
        return [{"msgtype": "link", "link": {**card, **picture}}]
    if message.kind == "image":
        return [{"msgtype": "image", "image": {"media_id": await media.media_id(line, p)}} for p in message.images]
    if message.kind == "miniprogram" and message.template:
        card = {"title": message.template.data.get("title", ""), "appid": message.template.id, "page": message.template.url}
        cover = {"pic_media_id": await media.media_id(line, message.images[0])} if message.images else {}
        return [{"msgtype": "miniprogram", "miniprogram": {**card, **cover}}]
    return []


@dataclass(slots=True)
class _Standing:
    """What the platform knows of a mass send now."""

    members: int = 0
    unsent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        return self.statuses[NOT_A_FRIEND] + self.statuses[OVER_CAP]


async def _standing(line: Line, msgid: str) -> _Standing:
    """The counts now; of no member at all while the platform still makes the tasks (41063, right after the call)."""
    standing, sent = _Standing(), []
    try:
        async for tasks in line.pages(CONTACT + "get_groupmsg_task", {"msgid": msgid, "limit": PAGE}, "task_list"):
            standing.members += len(tasks)
            sent += [task["userid"] for task in tasks if int(task.get("status") or 0) != UNSENT]
    except PlatformError as error:
        if error.code != STILL_DISPATCHING:
            raise
        return _Standing()
    standing.unsent = standing.members - len(sent)
    for userid in sent:
        async for entries in results(line, msgid, userid):
            _count(standing, entries)
    return standing


def _count(standing: _Standing, entries: list[dict[str, Any]]) -> None:
    standing.statuses.update(int(entry["status"]) for entry in entries)
    for entry in entries:
        known = SKIPPED.get(int(entry["status"]))
        if known and len(standing.failures) < FAILURES_NAMED:
            standing.failures.append(replace(known, target=str(entry.get("external_userid") or entry.get("chat_id") or "")))


def results(line: Line, msgid: str, userid: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Pages of what became of one member's customers, or of the groups that member has sent to."""
    return line.pages(CONTACT + "get_groupmsg_send_result", {"msgid": msgid, "userid": userid, "limit": PAGE}, "send_list")


async def progress(line: Line, delivery: Delivery) -> Progress:
    """Totals in people (or groups): delivered, skipped by the platform's rules, still waiting for a member."""
    msgid, people, now = require(delivery, "msgid"), delivery.target.people, line.platform.now()
    standing = await _standing(line, msgid)
    stopped = await line.platform.recall_memory(f"stopped:{msgid}") is not None
    left_out = int(await line.platform.recall_memory(f"left_out:{msgid}") or 0)
    delivered = min(standing.statuses[SENT], people)
    known = delivered + standing.skipped + left_out
    told = Progress(delivered=delivered, skipped=standing.skipped + left_out, failures=tuple(standing.failures))
    if stopped or (_all_sent(standing) and (known >= people or age(delivery, now) > SETTLED_AFTER)):
        return replace(told, skipped=people - delivered, final=True)
    if _all_sent(standing):
        return replace(told, poll_after=poll_after(delivery, now))
    awaiting = max(people - known - standing.statuses[UNSENT], 0)
    told = replace(told, code="members_confirm", reason=confirmed(standing.members - standing.unsent, standing.members))
    if given_up(delivery, now):
        return replace(told, awaiting=awaiting, final=True)
    return replace(told, awaiting=awaiting, awaiting_until=deadline(delivery, now), poll_after=poll_after(delivery, now))


def confirmed(done: int, members: int) -> str:
    """How many members have confirmed, in both languages."""
    return f"{members} 名成员中 {done} 名已确认 / {done} of {members} members have confirmed"


def _all_sent(standing: _Standing) -> bool:
    return standing.members > 0 and not standing.unsent and not standing.statuses[UNSENT]


async def recall(line: Line, delivery: Delivery, message: Message) -> Outcome:
    """Stop what no member has sent yet; what was sent cannot be taken back."""
    msgid, people = require(delivery, "msgid"), delivery.target.people
    before = await _standing(line, msgid)
    if _all_sent(before):
        return Refused("成员已全部发送，平台不支持撤回 / every member has sent; the platform takes nothing back")
    await line.ask(CONTACT + "cancel_groupmsg_send", {"msgid": msgid}, again=FOR_NOW | {STILL_DISPATCHING})
    await line.platform.remember(f"stopped:{msgid}", "1")
    delivered = min((await _standing(line, msgid)).statuses[SENT], people)
    return Receipt(delivery.ids, Progress(delivered=delivered, skipped=people - delivered, final=True))


async def connect(line: Line) -> Outcome:
    """The secret works, the address is listed, the app may read customers, and the members that are named have some."""
    users = set((await line.ask(CONTACT + "get_follow_user_list")).get("follow_user") or [])
    if not users:
        return Unauthorized("no_right", detail="没有成员开通客户联系 / no member has the right to customer contact")
    strangers = [member for member in members(line.account) if member not in users]
    if strangers:
        names = ", ".join(strangers)
        return Refused(f"成员没有客户联系权限：{names} / members without the right to customer contact: {names}", field="members")
    return Receipt({})


def members(account: Account) -> list[str]:
    """The members the account's setting names, or none: then the platform chooses among all."""
    return [m for m in str(account.settings.get("members") or "").replace("，", ",").replace(" ", "").split(",") if m]


async def followers(line: Line) -> list[str]:
    """The members whose customers are meant."""
    answer = await line.ask(CONTACT + "get_follow_user_list")
    wanted = set(members(line.account))
    return [user for user in answer.get("follow_user") or [] if not wanted or user in wanted]


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer as one member knows them: another member may have given other tags."""

    id: str
    name: str
    tags: frozenset[str]


async def contacts(line: Line) -> AsyncIterator[list[Contact]]:
    """Pages of customers, once for each member who knows them."""
    users = await followers(line)
    for start in range(0, len(users), MEMBERS_A_CALL):
        body = {"userid_list": users[start : start + MEMBERS_A_CALL], "limit": 100}
        async for page in line.pages(CONTACT + "batch/get_by_user", body, "external_contact_list"):
            yield [_contact(entry) for entry in page]


def _contact(entry: Mapping[str, Any]) -> Contact:
    customer, tags = entry["external_contact"], (entry.get("follow_info") or {}).get("tag_id") or ()
    return Contact(str(customer["external_userid"]), str(customer.get("name", "")), frozenset(map(str, tags)))


async def audience(account: Account, platform: Platform, tag: str = "") -> AsyncIterator[list[Target]]:
    """Pages of customers, each once, however many members know them; with ``tag`` those to whom one of them gave it."""
    seen = set[str]()
    async for page in contacts(Line(account, platform)):
        fresh = {c.id: c.name for c in page if c.id not in seen and (not tag or tag in c.tags)}
        seen.update(fresh)
        if fresh:
            yield [Target("ids", (i,), 1, {"title": name}) for i, name in fresh.items()]


def require(delivery: Delivery, name: str) -> str:
    """One of the platform's ids of the delivery. NotSent when it has none: nothing to ask about."""
    value = delivery.ids.get(name)
    if not value:
        raise NotSent(f"the delivery has no {name}")
    return value
