"""A portal that is no longer used goes, with its secrets and addresses; accounts that hang on it come first."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from saas.accounts.models import Account
from saas.accounts.portals.models import PortalGrant, PortalInvitation, PortalRow, PortalToken
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor

FIRST_FEW = 5


def remove(actor: Actor, portal_id: int) -> int:
    """Remove a portal that nothing is sent over any more; how many withdrawn accounts stay paused without it. NotFound; Conflict.

    Those keep their history; they go on with credentials of their own, or when their owner scans over another portal.
    """
    actor.need("manage_accounts")
    with transaction() as session:
        row = session.scalar(select(PortalRow).where(PortalRow.id == portal_id).with_for_update())
        if row is None:
            raise NotFound(("开放平台", "portal"), portal_id)
        _must_be_unused(row)
        hung = update(Account).where(Account.portal_id == row.id).values(portal_id=None, rights=None)
        paused = len(session.scalars(hung.returning(Account.id)).all())
        for of_it in (PortalToken, PortalInvitation, PortalGrant):
            session.execute(delete(of_it).where(of_it.portal_id == row.id))
        audit.note(actor, "portals.remove", row.name, channel=row.channel, paused=paused)
        session.delete(row)
    return paused


def portal_named(actor: Actor, name: str, channel: str | None = None) -> int:
    """The portal of that name. NotFound; Invalid where two channels have one of that name and none is named."""
    actor.need("manage_accounts")
    rows = db.session.execute(select(PortalRow.id, PortalRow.channel).where(PortalRow.name == name)).all()
    found = [row for row in rows if channel in (None, row.channel)]
    if not found:
        raise NotFound(("开放平台", "portal"), name)
    if len(found) > 1:
        channels = ", ".join(row.channel for row in found)
        message = (f"有多个名为“{name}”的开放平台：{channels}", f"several portals are called '{name}': {channels}")
        raise Invalid("which_portal", message, ("请用 --channel 指明", "say which with --channel"), "channel")
    return int(found[0].id)


def _must_be_unused(row: PortalRow) -> None:
    withdrawn = select(PortalGrant.account_id).where(PortalGrant.withdrawn_at.is_not(None))
    hanging = select(Account.key).where(Account.portal_id == row.id, Account.id.not_in(withdrawn)).order_by(Account.id)
    keys = list(db.session.scalars(hanging))
    if not keys:
        return
    shown = ", ".join(keys[:FIRST_FEW]) + (" …" if len(keys) > FIRST_FEW else "")
    message = (
        f"还有 {len(keys)} 个账号经“{row.name}”发送：{shown}",
        f"accounts still send over '{row.name}' ({len(keys)}): {shown}",
    )
    remedy = (
        "请对方取消授权，或先用 accounts connect 填写账号自己的凭证",
        "have their owners withdraw, or give them credentials of their own first: accounts connect",
    )
    raise Conflict("portal_in_use", message, remedy, accounts=len(keys))
