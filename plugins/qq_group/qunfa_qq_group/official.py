"""The official bot API v2: send to a group, take back, who can be reached."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from qunfa_qq_group import switches
from qunfa_qq_group.errors import AUDIT_CODES
from qunfa_qq_group.line import Declined, Line, Reply, number
from qunfa_qq_group.wording import plain
from saas.channels import (
    Account,
    Delivery,
    Exhausted,
    Group,
    Inbound,
    MaybeSent,
    Message,
    NotSent,
    Outcome,
    Picture,
    Platform,
    Progress,
    Receipt,
    Refused,
    Target,
    Unknown,
    Window,
)

TEXT, MEDIA, IMAGE_FILE = 0, 7, 1
MEDIA_MARGIN = 60.0
AUDIT_POLL = 60.0
AUDIT_WAIT = timedelta(hours=24)
QUOTA_MEMORY = 600.0
GONE = ("40034101", "40054003")
PAGE = 20


async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Send to the one group of the delivery. The platform's message id is the proof that the group has it."""
    group = delivery.target.ids[0] if delivery.target.ids else ""
    if not group:
        return Refused("没有指定群 / no group is named", "", "target")
    line = Line(account, platform)
    try:
        outcome, cached = await _attempt(line, group, message, delivery.target.people, fresh=False)
        if cached and isinstance(outcome, Refused) and outcome.field == "images":
            outcome, _ = await _attempt(line, group, message, delivery.target.people, fresh=True)
    except Declined as declined:
        return declined.outcome
    except KeyError:
        return Refused("图片不存在，请重新上传 / a picture is missing: upload it again", "", "images")
    return await _named(outcome, group, account, platform) if isinstance(outcome, Exhausted) else outcome


async def _attempt(line: Line, group: str, message: Message, people: int, fresh: bool) -> tuple[Outcome, bool]:
    """One call, and whether it used an upload of an earlier one."""
    body: dict[str, Any] = {"msg_type": TEXT, "content": plain(message)}
    cached = False
    if message.kind == "image":
        if len(message.images) != 1:
            return Refused("一条消息只能有一张图片 / one message carries one picture", "", "images"), False
        file_info, cached = await _uploaded(line, group, message.images[0], fresh)
        body = {**body, "msg_type": MEDIA, "media": {"file_info": file_info}}
    reply = await line.ask("POST", f"/v2/groups/{quote(group, safe='')}/messages", body, acting=True)
    return _sent(line, reply, group, people), cached


def _sent(line: Line, reply: Reply, group: str, people: int) -> Outcome:
    if reply.code in AUDIT_CODES:
        return _audited(reply, group, people)
    if not reply.good:
        return line.outcome(reply)
    if not reply.body.get("id"):
        return Unknown(f"HTTP {reply.status}: 平台没有给出消息编号 / the platform gave no message id")
    return Receipt({"message_id": str(reply.body["id"]), "group": group}, Progress(delivered=people, final=True))


def _audited(reply: Reply, group: str, people: int) -> Outcome:
    data = reply.body.get("data") or {}
    audit = str((data.get("message_audit") or {}).get("audit_id") or "") if isinstance(data, Mapping) else ""
    reason = "平台正在人工审核，通过后才会发到群里 / the platform reviews it first"
    waiting = Progress(awaiting=people, code=reply.code, reason=reason, poll_after=AUDIT_POLL)
    return Receipt({"audit_id": audit, "group": group}, waiting)


async def reply(account: Account, event: Inbound, message: Message, platform: Platform) -> Outcome:
    """Answer who named the bot: passive, within 5 minutes. One answer a message, so its number is always the first."""
    group, heard = event.context.get("group", ""), event.context.get("msg_id", "")
    if not group or not heard:
        return Refused("没有可回复的消息 / there is no message to answer", "", "target")
    line = Line(account, platform)
    body = {"msg_type": TEXT, "content": plain(message), "msg_id": heard, "msg_seq": 1}
    try:
        told = await line.ask("POST", f"/v2/groups/{quote(group, safe='')}/messages", body, acting=True)
    except Declined as declined:
        return declined.outcome
    return _sent(line, told, group, 1)


async def _named(outcome: Exhausted, group: str, account: Account, platform: Platform) -> Outcome:
    """The code does not say which quota: first it is taken for the minute's, refused again in a later minute for the day's.

    The wait then is an hour at most, because the bot's own minute may have been meant.
    """
    now = platform.now()
    ends = Window("minute").bounds(now, account.zone)[1]
    before = await platform.recall_memory(f"quota:{group}")
    await platform.remember(f"quota:{group}", ends.isoformat(), QUOTA_MEMORY)
    if not before or before >= ends.isoformat():
        return outcome
    midnight = Window("day").bounds(now, account.zone)[1]
    return replace(outcome, window="group_per_day", resets_at=min(midnight, now + timedelta(hours=1)))


async def _uploaded(line: Line, group: str, picture: Picture, fresh: bool) -> tuple[str, bool]:
    """The ``file_info`` of a picture for a group, uploaded once while the platform keeps it."""
    memory = f"file:{group}:{picture.sha256}"
    known = None if fresh else await line.platform.recall_memory(memory)
    if known:
        return known, True
    data = base64.b64encode(await line.platform.picture(picture.sha256)).decode()
    asked = {"file_type": IMAGE_FILE, "file_data": data, "srv_send_msg": False}
    reply = await line.prepare("POST", f"/v2/groups/{quote(group, safe='')}/files", asked)
    info = str(reply.body.get("file_info") or "")
    if not info:
        raise Declined(Refused("平台没有接受图片 / the platform did not take the picture", reply.code, "images"))
    await _keep(line.platform, memory, info, number(reply.body.get("ttl"), 0.0))
    return info, False


async def _keep(platform: Platform, memory: str, info: str, ttl: float) -> None:
    """A ttl of 0 is for good; one shorter than the margin is not worth keeping."""
    if ttl == 0:
        await platform.remember(memory, info)
    elif ttl > MEDIA_MARGIN:
        await platform.remember(memory, info, ttl - MEDIA_MARGIN)


async def recall(account: Account, delivery: Delivery, platform: Platform) -> Outcome:
    """Take the message back; the platform allows it for 2 minutes."""
    group, message_id = delivery.ids.get("group", ""), delivery.ids.get("message_id", "")
    if not message_id or not group:
        return Refused("还没有消息编号，无法撤回 / there is no message id yet", "", "recall")
    line = Line(account, platform)
    path = f"/v2/groups/{quote(group, safe='')}/messages/{quote(message_id, safe='')}"
    try:
        reply = await line.ask("DELETE", path)
    except Declined as declined:
        return declined.outcome
    return Receipt({"message_id": message_id}) if reply.good else line.outcome(reply)


async def progress(delivery: Delivery, platform: Platform) -> Progress:
    """Of a message under review only a callback tells; after a day without one the rest is given up as unknown."""
    waited = platform.now() - delivery.started_at if delivery.started_at else timedelta()
    if waited < AUDIT_WAIT:
        return Progress(awaiting=delivery.target.people, poll_after=AUDIT_POLL)
    return Progress(final=True, reason="平台 24 小时内没有给出审核结果 / no result of the review within 24 hours")


async def connect(account: Account, platform: Platform) -> Outcome:
    """Credentials by the token, the IP list and the bot's standing by a call that sends nothing; closed groups as a note."""
    line = Line(account, platform)
    try:
        await line.prepare("GET", "/gateway")
    except Declined as declined:
        return declined.outcome
    return Receipt({}, Progress(reason=await switches.closed_words(line, known_groups(account))))


def known_groups(account: Account) -> list[Mapping[str, Any]]:
    """The groups that events have told of, as the core keeps them in the settings."""
    groups = account.settings.get("groups") or ()
    return [group for group in groups if isinstance(group, Mapping) and group.get("id")]


async def audience(account: Account, platform: Platform) -> AsyncIterator[list[Target]]:
    """The known groups, each with its title; one the bot has left is not among them.

    A title is all that is asked, so a platform that cannot be reached changes nothing: what the events told has to do.
    """
    groups, line = known_groups(account), Line(account, platform)
    for start in range(0, len(groups), PAGE):
        page = groups[start : start + PAGE]
        told = await asyncio.gather(*(_info(line, str(group["id"])) for group in page))
        yield [_target(group, reply) for group, reply in zip(page, told, strict=True) if not reply or reply.code not in GONE]


async def groups(account: Account, platform: Platform) -> list[Group]:
    """The known groups with their titles; how many members one has is what was last known."""
    people = {str(group["id"]): int(number(group.get("people"), 0.0)) for group in known_groups(account)}
    pages = [target async for page in audience(account, platform) for target in page]
    return [Group(target.ids[0], target.fields["title"], people[target.ids[0]]) for target in pages]


async def _info(line: Line, group: str) -> Reply | None:
    try:
        return await line.ask("GET", f"/v2/groups/{quote(group, safe='')}/info")
    except (Declined, NotSent, MaybeSent):
        return None


def _target(group: Mapping[str, Any], reply: Reply | None) -> Target:
    """The info of a group is open to invited bots only; without it the known title stays."""
    told: Mapping[str, Any] = reply.body if reply and reply.good else {}
    return Target("ids", (str(group["id"]),), 1, {"title": str(told.get("group_name") or group.get("title") or "")})
