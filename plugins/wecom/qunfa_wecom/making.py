"""Chats that the app makes and changes (appchat/create, appchat/update). The chatid is ours, so a repeat finds the first."""

from __future__ import annotations

from typing import Any

from qunfa_wecom import appchat
from qunfa_wecom.errors import PlatformError, outcome_of
from qunfa_wecom.limits import limits_at
from qunfa_wecom.line import Line
from saas.channels import Account, GroupChange, NewGroup, Outcome, Platform, Receipt, Refused, hookimpl

FEWEST = 2


@hookimpl
async def make_group(account: Account, group: NewGroup, platform: Platform) -> Outcome:
    """Make a chat of the app's with its name, owner and members. MaybeSent passes: asked again the chat is found by its id."""
    members = list(dict.fromkeys([*filter(None, [group.owner]), *group.members]))
    if refused := _refusal(account, group.name, members, platform):
        return refused
    line, body = Line(account, platform), {"chatid": group.key, "name": group.name, "userlist": members}
    try:
        if await appchat.told_of(line, group.key) is None:
            await _create(line, group.key, {**body, "owner": group.owner or members[0]})
    except PlatformError as error:
        return _declined(error, account, platform)
    return Receipt({"group": group.key})


@hookimpl
async def change_group(account: Account, change: GroupChange, platform: Platform) -> Outcome:
    """Change a chat's name, owner or members. Made again, the same change changes nothing more."""
    if account.kind != "appchat":
        return _no_chats()
    wanted = {"name": change.name, "owner": change.owner, "add_user_list": list(change.add), "del_user_list": list(change.remove)}
    if len(change.name) > _most(account, platform, "chat_name_chars"):
        return _long_name(_most(account, platform, "chat_name_chars"))
    try:
        await Line(account, platform).act("appchat/update", {"chatid": change.id, **{k: v for k, v in wanted.items() if v}})
    except PlatformError as error:
        return _declined(error, account, platform)
    return Receipt({"group": change.id})


async def _create(line: Line, chat: str, body: dict[str, Any]) -> None:
    """Create it. Of two that come at once with one chatid the platform takes one: the other finds the chat there."""
    try:
        await line.act("appchat/create", body)
    except PlatformError:
        if await appchat.told_of(line, chat) is None:
            raise


def _refusal(account: Account, name: str, members: list[str], platform: Platform) -> Refused | None:
    """What the platform would cut or refuse."""
    if account.kind != "appchat":
        return _no_chats()
    longest, most = _most(account, platform, "chat_name_chars"), _most(account, platform, "chat_members")
    if not name or len(name) > longest:
        return _long_name(longest)
    if not FEWEST <= len(members) <= most:
        return Refused(f"群成员须为 {FEWEST} 到 {most} 人 / a chat has {FEWEST} to {most} members", field="members")
    return None


def _most(account: Account, platform: Platform, rule: str) -> int:
    return limits_at(account, "appchat", platform.now()).content_rule(rule) or 0


def _long_name(longest: int) -> Refused:
    return Refused(f"群名须为 1 到 {longest} 个字 / a chat's name has 1 to {longest} characters", field="name")


def _no_chats() -> Refused:
    return Refused("只有应用群聊账号能建群 / only an account of app chats makes chats", field="account")


def _declined(error: PlatformError, account: Account, platform: Platform) -> Outcome:
    return outcome_of(error, platform.now(), account.zone)
