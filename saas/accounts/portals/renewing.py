"""Tokens of accounts that were authorised over a portal. A refresh token works once: its successor is stored before it is used.

A process that dies between the platform's answer and our writing leaves us with a dead refresh token. The platform lists the
living ones, and so nobody has to scan again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from saas.accounts.channels import registry
from saas.accounts.portals.opening import LineOfPortal, opened
from saas.channels.platform import NotSent
from saas.channels.portal import Portal, PortalRefused, Renewed, Revoked
from saas.kernel import clock
from saas.kernel.sealing import CannotOpen

if TYPE_CHECKING:
    from saas.accounts.line import Lines

GRANT = """SELECT g.account_id, g.native_id, g.refresh, g.renewals, g.withdrawn_at,
    p.id, p.tenant_id, p.channel, p.name, p.credentials, p.settings
  FROM portal_grants g JOIN portals p ON p.id = g.portal_id WHERE g.account_id = %s"""
KEEP = """UPDATE portal_grants SET refresh = %s, renewals = renewals + 1
  WHERE account_id = %s AND renewals = %s AND withdrawn_at IS NULL RETURNING account_id"""
GONE = "授权已取消，请重新扫码授权 / the authorisation is gone: scan again"
NO_GRANT = "账号没有通过开放平台授权 / the account was not authorised over a portal"
OVERTAKEN = "另一进程刚更新了授权，稍后再试 / another process has just renewed it; again in a moment"
SEALED = "开放平台的凭据无法打开 / the portal's secrets cannot be opened"
log = structlog.get_logger()

Row = Mapping[str, Any]


def refresh_record(account: int) -> str:
    """What an account's refresh token is sealed under."""
    return f"refresh:{account}"


async def renewed(lines: Lines, tenant: int, account: int) -> tuple[str, float]:
    """A new token and the seconds it lives; its successor's key is stored when this returns. Raises Revoked, NotSent."""
    asked = clock.now()
    row = await _grant(lines, tenant, account)
    if row["withdrawn_at"]:
        raise Revoked("", GONE)
    portal, line = _opened(lines, row), LineOfPortal(lines, tenant, row["id"])
    try:
        found = await _renew(portal, line, row, _refresh(lines, tenant, row))
    except Revoked as gone:
        await _withdraw(lines, tenant, account, gone, asked)
        raise
    except PortalRefused as no:
        raise NotSent(no.detail) from None
    sealed = lines.sealer.seal(tenant, refresh_record(account), found.refresh)
    async with lines.pool.tenant(tenant) as connection:
        kept = await (await connection.execute(KEEP, (sealed, account, row["renewals"]))).fetchone()
    if kept is None:
        raise NotSent(OVERTAKEN)
    return found.token, found.seconds


async def look_whether_withdrawn(lines: Lines, tenant: int, account: int) -> None:
    """The platform turned a call away: ask how the account stands, and pause it when its owner has withdrawn. Raises NotSent."""
    asked = clock.now()
    row = await _grant(lines, tenant, account)
    if row["withdrawn_at"]:
        return
    portal, line = _opened(lines, row), LineOfPortal(lines, tenant, row["id"])
    try:
        kept = _refresh(lines, tenant, row)
        await _hook(portal).inspect(portal=portal, id=row["native_id"], refresh=kept, platform=line)
    except Revoked as gone:
        await _withdraw(lines, tenant, account, gone, asked)
    except PortalRefused as no:
        raise NotSent(no.detail) from None


async def _grant(lines: Lines, tenant: int, account: int) -> Row:
    async with lines.pool.tenant(tenant) as connection:
        row = await (await connection.execute(GRANT, (account,))).fetchone()
    if row is None:
        raise NotSent(NO_GRANT)
    return row


def _opened(lines: Lines, row: Row) -> Portal:
    try:
        return opened(lines.sealer, row)
    except CannotOpen:
        raise NotSent(SEALED) from None


def _refresh(lines: Lines, tenant: int, row: Row) -> str:
    try:
        return str(lines.sealer.open(tenant, refresh_record(row["account_id"]), row["refresh"])) if row["refresh"] else ""
    except CannotOpen:
        return ""  # the platform's list has it


async def _renew(portal: Portal, line: LineOfPortal, row: Row, refresh: str) -> Renewed:
    """With the key we have; when the platform does not take it, with the one it lists, for ours may be behind."""
    hook, native, refused = _hook(portal), row["native_id"], Revoked("", GONE)
    if refresh:
        try:
            done: Renewed = await hook.renew(portal=portal, id=native, refresh=refresh, platform=line)
            return done
        except Revoked as gone:
            refused = gone
    async for page in hook.relist(portal=portal, platform=line):
        for id, listed in page:
            if id == native and listed not in ("", refresh):
                log.info("refresh token taken from the platform's list", account=row["account_id"])
                again: Renewed = await hook.renew(portal=portal, id=native, refresh=listed, platform=line)
                return again
    raise refused


def _hook(portal: Portal) -> Any:
    found = registry().get(portal.channel)
    if found is None or found.channel.portal is None:
        raise NotSent(NO_GRANT)
    return found.hook


async def _withdraw(lines: Lines, tenant: int, account: int, gone: Revoked, asked: datetime) -> None:
    """As of when the platform was asked: an owner who has authorised it anew meanwhile is not turned away by our old key."""
    async with lines.pool.tenant(tenant) as connection:
        await connection.execute("SELECT withdraw_grant(%s, %s, %s, %s)", (account, asked, gone.code, gone.detail))
    lines.tokens.pop((account, "granted"), None)
