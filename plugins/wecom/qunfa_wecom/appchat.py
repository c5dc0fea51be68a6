"""Application group chats (应用群聊): internal groups that the app itself has made. A message there gets no id.

So nothing is taken back, and a lost answer stays unknown. What goes over the caps per member is dropped without an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from qunfa_wecom.application import content_of
from qunfa_wecom.errors import NO_CHAT, PlatformError
from qunfa_wecom.line import Line
from saas.channels import Account, Delivery, Message, Outcome, Platform, Progress, Receipt, Refused, Target

CHECKED = 100
NAMED = 5


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Post to one chat; the answer is the proof."""
    if delivery.target.form != "ids" or len(delivery.target.ids) != 1:
        return Refused("应用群聊逐群发送 / chats are sent to one by one", field="audience")
    body = {"chatid": delivery.target.ids[0], **await content_of(line, message), "safe": 0}
    await line.act("appchat/send", body)
    return Receipt({}, Progress(delivered=delivery.target.people, final=True))


async def recall(line: Line, delivery: Delivery, message: Message) -> Outcome:
    """Nothing: the platform gives the message no id."""
    return Refused("应用群聊消息没有编号，平台不支持撤回 / a chat's message has no id; the platform takes nothing back")


async def connect(line: Line) -> Outcome:
    """The secret works, and the chats are there and this app's own (the first hundred are asked for)."""
    chats = chats_of(line.account)
    if not chats:
        return Refused("请填写应用群聊的 chatid / enter the chats' ids", field="chats")
    gone = [chat for chat in chats[:CHECKED] if await told_of(line, chat) is None]
    if gone:
        listed = ", ".join(gone[:NAMED])
        return Refused(f"不是本应用创建的群：{listed} / not chats that this app has made: {listed}", field="chats")
    return Receipt({})


async def audience(account: Account, platform: Platform, tag: str = "") -> AsyncIterator[list[Target]]:
    """The chats of the account's setting, each by its name. One that is gone is listed too: its send says so."""
    line = Line(account, platform)
    for chat in chats_of(account):
        told = await told_of(line, chat) or {}
        yield [Target("ids", (chat,), 1, {"title": str(told.get("name") or chat)})]


def chats_of(account: Account) -> list[str]:
    """The chat ids of the account's setting, each once."""
    named = str(account.settings.get("chats") or "").replace("，", ",").replace(" ", "").split(",")
    return [chat for chat in dict.fromkeys(named) if chat]


async def told_of(line: Line, chat: str) -> dict[str, Any] | None:
    """A chat's name, owner and members (appchat/get, path/90247); None when there is no such chat of this app's."""
    try:
        told = await line.ask("appchat/get", params={"chatid": chat})
    except PlatformError as error:
        if error.code not in NO_CHAT:
            raise
        return None
    return dict(told.get("chat_info") or {})
