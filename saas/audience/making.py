"""Groups that an account makes on its platform: wished once, made once whatever answer is lost, kept in its settings."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from saas.accounts.channels import installed
from saas.accounts.line import Line, Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.audience.labels import as_seen
from saas.channels.choosing import GroupChange, NewGroup
from saas.channels.outcome import Outcome, Receipt, Unknown
from saas.channels.platform import MaybeSent, NotSent
from saas.channels.registry import Installed
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, both_sides
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

T = TypeVar("T")

CHATS = "chats"
REMEMBERED = 7 * 86_400.0
"""For so long the same wish is known as the same, where its answer was lost."""


@dataclass(frozen=True, slots=True)
class GroupWish:
    """A group to be made: its name, the platform's ids of its owner ("": the first member) and members."""

    name: str
    owner: str = ""
    members: tuple[str, ...] = ()


def make_group(actor: Actor, key: str, wish: GroupWish) -> str:
    """Make the group, add it to the account's setting ``chats``; its id. NotFound, Invalid; Conflict when the platform refuses.

    The wish is written down with its id before the platform is asked. Where the answer is lost (Conflict ``group_unknown``),
    the same wish made again finds the group that was made and makes no second one.
    """
    actor.need("manage_accounts")
    account, found = _maker(key)
    seen = as_seen(account)

    async def ask(lines: Lines) -> tuple[str, Outcome]:
        line = lines.of(actor.tenant_id, seen)
        id = await _written(line, wish)
        group = NewGroup(id, wish.name.strip(), wish.owner.strip(), wish.members)
        return id, await _outcome(found.hook.make_group(account=seen, group=group, platform=line))

    id, outcome = _told(ask)
    _check(outcome, key)
    _note_made(actor, key, id, wish)

    async def settled(lines: Lines) -> None:
        await lines.of(actor.tenant_id, seen).exchange(_place(wish), id, "", 1.0)

    _told(settled)
    return id


def change_group(actor: Actor, key: str, change: GroupChange) -> None:
    """Change name, owner or members of a group the account has made. NotFound, Invalid; Conflict when the platform refuses."""
    actor.need("manage_accounts")
    account, found = _maker(key)
    if change.id not in listed(account):
        message = (f"账号“{key}”没有登记群 {change.id}", f"'{key}' knows no group {change.id}")
        raise Invalid("no_group", message, ("用 accounts groups 查看", "accounts groups lists them"), "group")
    seen = as_seen(account)

    async def ask(lines: Lines) -> Outcome:
        return await _outcome(found.hook.change_group(account=seen, change=change, platform=lines.of(actor.tenant_id, seen)))

    _check(_told(ask), key)
    with transaction():
        audit.note(actor, "accounts.change_group", key, group=change.id, name=change.name, owner=change.owner,
                   come=len(change.add), gone=len(change.remove))  # fmt: skip


def listed(account: Account) -> list[str]:
    """The ids in the account's setting ``chats``, each once."""
    named = str(account.settings.get(CHATS) or "").replace("，", ",").replace(" ", "").split(",")
    return [one for one in dict.fromkeys(named) if one]


def _maker(key: str) -> tuple[Account, Installed]:
    account = account_by_key(key)
    found = installed(account.channel)
    if found.hook.make_group is None or found.hook.change_group is None:
        message = (f"账号“{key}”所在的渠道不能建群", f"the channel of '{key}' makes no groups")
        raise Invalid("no_groups", message, ("请选企业微信应用群聊的账号", "choose an account of WeCom's app chats"), "account")
    return account, found


async def _written(line: Line, wish: GroupWish) -> str:
    """The id of this wish, the same for whoever makes it again before it is settled."""
    place, fresh = _place(wish), uuid.uuid4().hex
    while not await line.exchange(place, "", fresh, REMEMBERED):
        if known := await line.recall_memory(place):
            return known
    return fresh


def _place(wish: GroupWish) -> str:
    words = json.dumps([wish.name.strip(), wish.owner.strip(), sorted(set(wish.members))], ensure_ascii=False)
    return "making:" + hashlib.sha256(words.encode()).hexdigest()[:32]


async def _outcome(call: Awaitable[Outcome]) -> Outcome:
    """A lost answer may have changed something; one that was never sent surely has not."""
    try:
        return await call
    except MaybeSent as lost:
        return Unknown(str(lost))


def _told(ask: Callable[[Lines], Awaitable[T]]) -> T:
    """Ask, no transaction open meanwhile."""
    db.session.rollback()
    try:
        return run_with_lines(settings(), ask)
    except NotSent as error:
        zh, en = both_sides(str(error))
        message = (f"连不上平台，什么都没有改动：{zh}", f"the platform could not be reached; nothing was changed: {en}")
        raise Conflict("platform_silent", message, ("请稍后重试", "try again later")) from None


def _check(outcome: Outcome, key: str) -> None:
    if isinstance(outcome, Receipt):
        return
    zh, en = both_sides(str(getattr(outcome, "reason", "") or getattr(outcome, "detail", "")) or type(outcome).__name__)
    if isinstance(outcome, Unknown):
        message = (f"平台的答复丢失，不知道有没有改成：{zh}", f"the platform's answer was lost; it may have been done: {en}")
        remedy = ("再执行一次同样的操作：不会重复建群", "do the same once more: no second group is made")
        raise Conflict("group_unknown", message, remedy)
    message = (f"平台没有接受（账号“{key}”）：{zh}", f"the platform did not take it ('{key}'): {en}")
    raise Conflict("group_refused", message, ("按提示修改后重试", "mend it as it says, then try again"))


def _note_made(actor: Actor, key: str, id: str, wish: GroupWish) -> None:
    with transaction() as session:
        account = session.scalars(select(Account).where(Account.key == key).with_for_update()).one()
        session.refresh(account)
        if id not in listed(account):
            account.settings = {**account.settings, CHATS: ",".join([*listed(account), id])}
        audit.note(actor, "accounts.make_group", key, group=id, name=wish.name, members=len(wish.members))
