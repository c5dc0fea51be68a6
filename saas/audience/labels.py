"""The tags and groups of one account, asked of its platform for a person who wants to choose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from sqlalchemy import select

from saas.accounts.channels import installed, kind_of
from saas.accounts.credentials import opened
from saas.accounts.line import Lines
from saas.accounts.models import Account, Contact
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.audience.chosen import Contacts, chooses, groups_of, knowing
from saas.audience.tags import tags_of
from saas.channels.choosing import Group
from saas.channels.platform import Account as Seen
from saas.channels.platform import MaybeSent, NotSent, Tag
from saas.kernel.database import db
from saas.kernel.errors import Conflict, Invalid, both_sides
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.tenants.actor import Actor

T = TypeVar("T")


def account_tags(actor: Actor, key: str) -> Sequence[Tag]:
    """The tags, in the platform's order. NotFound; Invalid for a kind without tags; Conflict when the platform does not tell."""
    actor.need("see_accounts")
    account = account_by_key(key)
    found, kind = installed(account.channel), kind_of(account.channel, account.kind)
    if found.hook.tags is None or not any("tag" in route.audience for route in kind.routes):
        words = (f"账号“{key}”所在的渠道没有标签", f"the channel of '{key}' has no tags")
        raise Invalid("no_tags", words, ("audience 请写 all 或 ids", "write all or ids as the audience"), "audience")
    seen = as_seen(account, "标签", "tags")

    async def ask(lines: Lines) -> Sequence[Tag]:
        return await tags_of(seen, found, lines.of(actor.tenant_id, seen))

    return _told(key, ask, "标签", "tags")


def account_groups(actor: Actor, key: str) -> Sequence[Group]:
    """The groups (chats) the account reaches now. NotFound; Invalid for a kind that sends to none; Conflict when nobody tells."""
    actor.need("see_accounts")
    account = account_by_key(key)
    found, kind = installed(account.channel), kind_of(account.channel, account.kind)
    if not any(chooses(route, found) and "ids" in route.audience for route in kind.routes):
        words = (f"账号“{key}”不是按群发送的", f"'{key}' does not send to groups")
        raise Invalid(
            "no_groups", words, ("请选客户群、应用群聊或 QQ 群的账号", "choose an account of groups or chats"), "audience"
        )
    seen = knowing(as_seen(account), contacts_of(account.id))

    async def ask(lines: Lines) -> Sequence[Group]:
        return await groups_of(seen, found, lines.of(actor.tenant_id, seen))

    return _told(key, ask, "群", "groups")


def contacts_of(account: int) -> Contacts:
    """Whom events and imports have told us of, who have not left and have not closed themselves to us."""
    rows = list(db.session.scalars(select(Contact).where(Contact.account_id == account).order_by(Contact.target)))
    known = Contacts(one for one in rows if one.left_at is None and not one.muted)
    known.closed, known.told = [one for one in rows if one.left_at is None and one.muted], bool(rows)
    return known


def as_seen(account: Account, zh: str = "群", en: str = "groups") -> Seen:
    """The account as a hook sees it. Conflict, of what was asked for, when its credentials cannot be opened."""
    columns = {column.key: getattr(account, column.key) for column in account.__table__.columns}
    try:
        return opened(sealer_with(settings().encryption_keys), columns)
    except CannotOpen:
        why = ("存储的凭据无法打开", "the stored credentials cannot be opened")
        raise _silent(account.key, zh, en, why) from None


def _told(key: str, ask: Callable[[Lines], Awaitable[Sequence[T]]], zh: str, en: str) -> Sequence[T]:
    """What the platform lists, no transaction open meanwhile."""
    db.session.rollback()
    try:
        return run_with_lines(settings(), ask)
    except (NotSent, MaybeSent) as error:
        raise _silent(key, zh, en, both_sides(str(error))) from None


def _silent(key: str, zh: str, en: str, why: tuple[str, str]) -> Conflict:
    message = (f"平台没有给出账号“{key}”的{zh}：{why[0]}", f"the platform gave no {en} of '{key}': {why[1]}")
    return Conflict("platform_silent", message, ("请检查账号的连接后重试", "check the account's connection, then try again"))
