"""A OneBot v11 server over HTTP or a WebSocket: slowly, with a stop at the first sign of risk control."""

from __future__ import annotations

import asyncio
import base64
import random
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qunfa_qq_group.address import address, safe
from qunfa_qq_group.errors import INSECURE, OneBotRule, onebot_rule, outcome
from qunfa_qq_group.kinds import JITTER_SECONDS, PAUSE_MINUTES, truthy
from qunfa_qq_group.policy import seconds
from qunfa_qq_group.wording import plain
from saas.channels import (
    Account,
    Delivery,
    Group,
    Inbound,
    MaybeSent,
    Message,
    Outcome,
    Platform,
    Progress,
    Receipt,
    Refused,
    Target,
    Unauthorized,
    Unknown,
    Unreachable,
)
from saas.channels.http import Answer

STOP = "onebot:stop"
LONGEST_PAUSE = 30 * 86400.0
LONGEST_JITTER = 15.0
GROUP_REST = timedelta(hours=1)
PAGE = 200


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of the server. ``rule`` is set when it failed."""

    status: str
    code: int
    text: str
    data: Any
    http: int
    rule: OneBotRule | None


async def ask(account: Account, platform: Platform, action: str, **params: Any) -> Said:
    """Call one action. NotSent and MaybeSent pass; 401 and 403 become a failure of credentials."""
    base = address(account, "base_url")
    if not safe(base, account):
        return Said("failed", 0, "base_url", None, 0, OneBotRule(INSECURE))
    headers = {"Authorization": f"Bearer {account.credentials.get('access_token', '')}"}
    if base.startswith(("ws://", "wss://")):
        answer = await _talk(platform, base, headers, action, params)
    else:
        answer = await platform.http.post(f"{base}/{action}", json=params, headers=headers)
    profile = str(account.settings.get("profile") or "standard")
    if answer.status != 200:
        return _not_ok(answer.status, profile)
    body = answer.json()
    if not isinstance(body, dict):
        raise MaybeSent("the answer is not an object")
    status, code = str(body.get("status") or ""), _whole(body.get("retcode"))
    text = " ".join(dict.fromkeys(str(body.get(key) or "") for key in ("msg", "message", "wording"))).strip()
    failed = status == "failed" or code not in (0, 1)
    return Said(status, code, text, body.get("data"), 200, onebot_rule(profile, code, text) if failed else None)


async def _talk(platform: Platform, url: str, headers: Mapping[str, str], action: str, params: Mapping[str, Any]) -> Answer:
    """The same over a WebSocket of our own for each action; events that come in between are not meant for us."""
    echo = secrets.token_hex(8)

    def answers(frame: Any) -> bool:
        refused = isinstance(frame, Mapping) and "retcode" in frame and not frame.get("echo")  # a server that turns us away
        return refused or (isinstance(frame, Mapping) and frame.get("echo") == echo)

    return await platform.http.converse(url, {"action": action, "params": params, "echo": echo}, answers, headers)


def _not_ok(status: int, profile: str) -> Said:
    if status >= 500:
        raise MaybeSent(f"HTTP {status}")
    codes = {401: 1401, 403: 1403, 404: 1404, 429: 1429}
    return Said("failed", status, f"HTTP {status}", None, status, onebot_rule("standard", codes.get(status, 1400), ""))


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -1


async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Send to the one group of the delivery, unless a stop is on. A message id is the proof that the group has it."""
    group = delivery.target.ids[0] if delivery.target.ids else ""
    if not group.isdigit():
        return Refused("群号应为数字 / the group must be a number", "", "target")
    if stopped := await _standing(account, group, platform):
        return stopped
    try:
        segments = await _segments(account, message, platform)
    except KeyError:
        return Refused("图片不存在，请重新上传 / a picture is missing: upload it again", "", "images")
    await _waver(account)
    await platform.go_ahead()
    said = await ask(account, platform, "send_group_msg", group_id=int(group), message=segments, auto_escape=False)
    return await _told(account, group, said, delivery.target.people, platform)


async def _told(account: Account, group: str, said: Said, people: int, platform: Platform) -> Outcome:
    """What the server's answer to a message means."""
    if said.rule:
        return await _failed(account, group, said, said.rule, platform)
    number = said.data.get("message_id") if isinstance(said.data, Mapping) else None
    if said.status != "ok" or not number:
        return Unknown(f"服务端没有给出消息编号，请人工核对 / no message id (status {said.status}): a person must look")
    return Receipt({"message_id": str(number), "group": group}, Progress(delivered=people, final=True))


async def reply(account: Account, event: Inbound, message: Message, platform: Platform) -> Outcome:
    """Answer in the group, quoting the message, or in private. A stop after a risk signal holds for answers as well."""
    group, number = event.context.get("group", ""), event.context.get("msg_id", "")
    if not (group or event.sender).isdigit():
        return Refused("没有可回复的对象 / there is nobody to answer", "", "target")
    if stopped := await _standing(account, group, platform):
        return stopped
    quoted = [{"type": "reply", "data": {"id": number}}] if group and number else []
    words = [*quoted, {"type": "text", "data": {"text": plain(message)}}]
    await _waver(account)
    await platform.go_ahead()
    if group:
        said = await ask(account, platform, "send_group_msg", group_id=int(group), message=words, auto_escape=False)
    else:
        said = await ask(account, platform, "send_private_msg", user_id=int(event.sender), message=words, auto_escape=False)
    return await _told(account, group, said, 1, platform)


async def _waver(account: Account) -> None:
    """A person never writes at the stroke of the clock."""
    await asyncio.sleep(random.uniform(0, min(seconds(account, "jitter_seconds", float(JITTER_SECONDS)), LONGEST_JITTER)))  # noqa: S311


async def _failed(account: Account, group: str, said: Said, rule: OneBotRule, platform: Platform) -> Outcome:
    mark = f"{platform.now().isoformat()}|{said.code}"
    if rule.stop:
        await platform.remember(STOP, mark, LONGEST_PAUSE)
    if rule.rest:
        await platform.remember(f"{STOP}:{group}", mark, LONGEST_PAUSE)
    return _meaning(account, said, rule, platform)


def _meaning(account: Account, said: Said, rule: OneBotRule, platform: Platform) -> Outcome:
    return outcome(rule.known, str(said.code), said.text, platform.now(), account.zone)


async def _standing(account: Account, group: str, platform: Platform) -> Outcome | None:
    """The stop that is on: of the account, or for an hour of the group. ``risk_pause_minutes`` set to 0 lifts both."""
    pause = timedelta(minutes=seconds(account, "risk_pause_minutes", float(PAUSE_MINUTES)))
    if mark := _recent(await platform.recall_memory(STOP), platform.now(), pause):
        return Unauthorized("no_right", mark, _stop_words(pause))
    if group and (mark := _recent(await platform.recall_memory(f"{STOP}:{group}"), platform.now(), min(pause, GROUP_REST))):
        return Refused("此号不久前在这个群被禁言，暂停向它发送 / muted in this group a short while ago", mark, "target")
    return None


def _recent(mark: str | None, now: datetime, pause: timedelta) -> str:
    """The code of a mark that is younger than the pause, or ""."""
    moment, _, code = (mark or "").partition("|")
    return code if moment and now < datetime.fromisoformat(moment) + pause else ""


def _stop_words(pause: timedelta) -> str:
    hours = pause.total_seconds() / 3600
    return (
        f"出现风控迹象，此号停发 {hours:.0f} 小时。请用手机登录查看；确认正常后可把 risk_pause_minutes 设为 0 / "
        f"A sign of risk control: the account rests {hours:.0f} hours. Look at it on a phone; "
        "set risk_pause_minutes to 0 once it is well"
    )


async def _segments(account: Account, message: Message, platform: Platform) -> list[dict[str, Any]]:
    """Text first, then the pictures; every value is a string, as the protocol wants."""
    words = plain(message)
    parts: list[dict[str, Any]] = [{"type": "text", "data": {"text": words}}] if words else []
    flash = {"type": "flash"} if truthy(account.settings.get("flash_images")) else {}
    for picture in message.images if message.kind == "image" else ():
        data = base64.b64encode(await platform.picture(picture.sha256)).decode()
        parts.append({"type": "image", "data": {"file": f"base64://{data}", **flash}})
    return parts


async def recall(account: Account, delivery: Delivery, platform: Platform) -> Outcome:
    """Take the message back (QQ: one's own within 2 minutes)."""
    number = delivery.ids.get("message_id", "")
    if not number.lstrip("-").isdigit():
        return Refused("没有消息编号，无法撤回 / there is no message id", "", "recall")
    said = await ask(account, platform, "delete_msg", message_id=int(number))
    if said.rule:
        return _meaning(account, said, said.rule, platform)
    return Receipt({"message_id": number}) if said.status == "ok" else Unknown("服务端没有说明结果 / the server did not say")


async def connect(account: Account, platform: Platform) -> Outcome:
    """Token, login and online state; a stop after a risk signal is reported here too, before a campaign is planned."""
    try:
        login = await ask(account, platform, "get_login_info")
        state = await ask(account, platform, "get_status")
    except MaybeSent as lost:
        return Unreachable(str(lost))
    if login.rule:
        return _meaning(account, login, login.rule, platform)
    if isinstance(state.data, Mapping) and state.data.get("online") is False:
        return Unauthorized("revoked", "offline", "此 QQ 号不在线，请重新登录 / the account is offline: sign in again")
    return _other_account(account, login) or await _standing(account, "", platform) or Receipt({})


def _other_account(account: Account, login: Said) -> Outcome | None:
    wanted, found = str(account.settings.get("self_id") or ""), login.data if isinstance(login.data, Mapping) else {}
    actual = str(found.get("user_id") or "")
    if not wanted or wanted == actual:
        return None
    return Unauthorized(
        "credentials", "self_id", f"服务端登录的是 {actual}，不是 {wanted} / it is signed in as {actual}, not {wanted}"
    )


async def audience(account: Account, platform: Platform) -> AsyncIterator[list[Target]]:
    """The groups the account is in. MaybeSent when the server does not tell."""
    # The number of members is left out: it changes daily, and an approval signs the targets as they are.
    targets = [Target("ids", (group.id,), 1, {"title": group.name}) for group in await groups(account, platform)]
    for start in range(0, len(targets), PAGE):
        yield targets[start : start + PAGE]


async def groups(account: Account, platform: Platform) -> list[Group]:
    """The groups the account is in (get_group_list). MaybeSent when the server does not tell."""
    said = await ask(account, platform, "get_group_list")
    if said.rule or not isinstance(said.data, list):
        raise MaybeSent(f"get_group_list: retcode {said.code}")
    listed = [group for group in said.data if isinstance(group, Mapping) and group.get("group_id")]
    return [_group(group) for group in listed]


def _group(group: Mapping[str, Any]) -> Group:
    members = _whole(group.get("member_count"))
    return Group(str(group["group_id"]), str(group.get("group_name") or ""), max(members, 0))
