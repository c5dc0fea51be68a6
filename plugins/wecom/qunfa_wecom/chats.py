"""The groups that a campaign can be kept to, by name: customer groups of their owners, and chats that the app has made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

from qunfa_wecom import appchat, customer
from qunfa_wecom import groups as by_owner
from qunfa_wecom.confirming import names
from qunfa_wecom.errors import PlatformError, describe
from qunfa_wecom.line import CONTACT, Line
from saas.channels import Account, Group, NotSent, Platform, hookimpl

NAMED_AT_ONCE = 500
TOGETHER = 8
NAMED_FOR = 7 * 86_400.0
NAMED = "chats:named"

Named = tuple[str, int, float]
"""A group's name and members, and when that was asked, in Unix seconds."""


@hookimpl
async def groups(account: Account, platform: Platform) -> list[Group]:
    """The account's customer groups or chats. Raises NotSent when the platform does not say."""
    if account.kind not in GROUPS_OF:
        return []
    try:
        return await GROUPS_OF[account.kind](Line(account, platform))
    except PlatformError as error:
        raise NotSent(describe(error)) from error


async def of_owners(line: Line) -> list[Group]:
    """Customer groups with their owners: one call is for the groups of one owner."""
    called, found = await names(line), list[tuple[str, str, str]]()
    for member in await customer.followers(line):
        chats = await by_owner.chats_of_owner(line, member)
        found += [(chat, by_owner.part(member, place), called.get(member, member)) for place, chat in enumerate(chats)]
    told = await _named(line, [chat for chat, *_ in found])
    return [Group(chat, *told.get(chat, ("", 0, 0.0))[:2], through, name) for chat, through, name in found]


async def of_app(line: Line) -> list[Group]:
    """The chats of the account's setting that are there."""
    listed, found = appchat.chats_of(line.account), list[Group]()
    for start in range(0, len(listed), TOGETHER):
        page = listed[start : start + TOGETHER]
        told = await asyncio.gather(*(appchat.told_of(line, chat) for chat in page))
        found += [_chat(chat, info) for chat, info in zip(page, told, strict=True) if info is not None]
    return found


GROUPS_OF: Mapping[str, Callable[[Line], Awaitable[list[Group]]]] = {"groups": of_owners, "appchat": of_app}


def _chat(chat: str, info: Mapping[str, object]) -> Group:
    members = info.get("userlist")
    return Group(chat, str(info.get("name") or ""), len(members) if isinstance(members, list) else 0)


async def _named(line: Line, chats: Sequence[str]) -> dict[str, Named]:
    """Names and members, each asked for once a week. Of very many some are asked for now and the others the next time."""
    now = line.platform.now().timestamp()
    kept: dict[str, Named] = json.loads(await line.platform.recall_memory(NAMED) or "{}")
    known = {chat: kept[chat] for chat in chats if chat in kept and kept[chat][2] > now - NAMED_FOR}
    fresh = [chat for chat in chats if chat not in known][:NAMED_AT_ONCE]
    for start in range(0, len(fresh), TOGETHER):
        page = fresh[start : start + TOGETHER]
        told = await asyncio.gather(*(_asked(line, chat) for chat in page))
        known |= {chat: (*one, now) for chat, one in zip(page, told, strict=True) if one is not None}
    if fresh:
        await line.platform.remember(NAMED, json.dumps(known, ensure_ascii=False), NAMED_FOR)
    return {chat: (one[0], one[1], one[2]) for chat, one in known.items()}


async def _asked(line: Line, chat: str) -> tuple[str, int] | None:
    """Of one group (groupchat/get, path/92122); None when the platform does not tell, and it goes by its id."""
    try:
        told = (await line.ask(CONTACT + "groupchat/get", {"chat_id": chat, "need_name": 0})).get("group_chat") or {}
    except (PlatformError, NotSent):
        return None
    return str(told.get("name") or ""), len(told.get("member_list") or ())
