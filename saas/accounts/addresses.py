"""Where platforms push what happens on an account: its own address, unguessable, for whoever sets the account up there."""

from __future__ import annotations

from sqlalchemy import select

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.service import account_by_key
from saas.kernel.database import db
from saas.kernel.errors import Conflict
from saas.kernel.settings import settings
from saas.tenants.actor import Actor


def push_address(actor: Actor, key: str) -> str:
    """The address of one account. NotFound; Conflict where nothing is pushed to one of its own."""
    actor.need("manage_accounts")
    account = account_by_key(key)
    if account.portal_id is not None:
        message = (
            "这个账号由扫码授权，推送到开放平台的地址",
            "this account was authorised by a scan: the portal's address is used",
        )
        raise Conflict("no_address", message, ("见“开放平台”页", "see the page of portals"))
    if not _is_pushed_to(account.channel):
        message = ("这个渠道不推送消息", "this channel is pushed nothing")
        raise Conflict("no_address", message, ("无需设置", "there is nothing to set up"))
    return _address(account.callback_ref)


def push_addresses(actor: Actor) -> dict[int, str]:
    """The addresses of all accounts that have one of their own, by id; none for who may not set accounts up."""
    if not actor.may("manage_accounts"):
        return {}
    rows = db.session.execute(select(Account.id, Account.channel, Account.callback_ref).where(Account.portal_id.is_(None)))
    return {row.id: _address(row.callback_ref) for row in rows if _is_pushed_to(row.channel)}


def _is_pushed_to(channel: str) -> bool:
    found = registry().get(channel)
    return found is not None and found.hook.callback is not None


def _address(ref: str) -> str:
    return f"{settings().base_url}/callbacks/{ref}"
