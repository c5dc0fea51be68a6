"""The tags of one account, asked of its platform for a person who wants to choose one."""

from __future__ import annotations

from collections.abc import Sequence

from saas.accounts.channels import installed
from saas.accounts.credentials import opened
from saas.accounts.line import Lines
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.audience.tags import tags_of
from saas.channels.platform import MaybeSent, NotSent, Tag
from saas.kernel.database import db
from saas.kernel.errors import Conflict, Invalid, both_sides
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.tenants.actor import Actor


def account_tags(actor: Actor, key: str) -> Sequence[Tag]:
    """The tags, in the platform's order. NotFound; Invalid for a kind without tags; Conflict when the platform does not tell."""
    actor.need("see_accounts")
    account = account_by_key(key)
    found = installed(account.channel)
    kind = found.channel.kind(account.kind)
    if found.hook.tags is None or not any("tag" in route.audience for route in (kind.routes if kind else ())):
        words = (f"账号“{key}”所在的渠道没有标签", f"the channel of '{key}' has no tags")
        raise Invalid("no_tags", words, ("audience 请写 all 或 ids", "write all or ids as the audience"), "audience")
    try:
        seen = opened(
            sealer_with(settings().encryption_keys), {c.key: getattr(account, c.key) for c in account.__table__.columns}
        )
    except CannotOpen:
        raise _silent(key, ("存储的凭据无法打开", "the stored credentials cannot be opened")) from None
    db.session.rollback()

    async def ask(lines: Lines) -> Sequence[Tag]:
        return await tags_of(seen, found, lines.of(actor.tenant_id, seen))

    try:
        return run_with_lines(settings(), ask)
    except (NotSent, MaybeSent) as error:
        raise _silent(key, both_sides(str(error))) from None


def _silent(key: str, why: tuple[str, str]) -> Conflict:
    message = (f"平台没有给出账号“{key}”的标签：{why[0]}", f"the platform gave no tags of '{key}': {why[1]}")
    return Conflict("platform_silent", message, ("请检查账号的连接后重试", "check the account's connection, then try again"))
