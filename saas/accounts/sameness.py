"""One account of a platform has one key here: under two its caps would count twice, and the platform would refuse the rest."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.service import own_credentials
from saas.channels.channel import AccountKind
from saas.kernel.database import db
from saas.kernel.errors import Invalid

ONE_AFTER_THE_OTHER = text("SELECT pg_advisory_xact_lock(hashtextextended('accounts', tenant()))")


def must_be_the_only_one(account: Account, kind: AccountKind, given: Mapping[str, str]) -> None:
    """Invalid when what is entered names the account of the platform that another one of the agency's is. In the running
    transaction, in which nobody else enters any."""
    if not set(kind.identity) & given.keys():
        return
    db.session.execute(ONE_AFTER_THE_OTHER)
    named = _named(kind, {**own_credentials(account), **given})
    others = select(Account).where(Account.channel == account.channel, Account.id != account.id, Account.credentials.is_not(None))
    for other in db.session.scalars(others.order_by(Account.id)):
        its_kind = registry().kind(other.channel, other.kind)
        if its_kind and its_kind.identity == kind.identity and named == _named(its_kind, own_credentials(other)):
            raise _same(kind, named, other.key)


def _named(kind: AccountKind, credentials: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(str(credentials.get(name) or "").strip() for name in kind.identity)


def _same(kind: AccountKind, named: tuple[str, ...], key: str) -> Invalid:
    fields = [next(field for field in kind.credentials if field.name == name) for name in kind.identity]
    shown = [(field.title, "…" if field.secret else value) for field, value in zip(fields, named, strict=True)]
    zh, en = (
        "、".join(f"{title.zh} {value}" for title, value in shown),
        ", ".join(f"{title.en} {value}" for title, value in shown),
    )
    message = (f"同一个平台账号（{zh}）已经以“{key}”连接", f"this account of the platform ({en}) is connected as '{key}' already")
    remedy = (f"请使用“{key}”；两个 key 会让额度重复计算", f"use '{key}'; under two keys its caps would count twice")
    return Invalid("same_account", message, remedy, f"credentials.{kind.identity[0]}")
