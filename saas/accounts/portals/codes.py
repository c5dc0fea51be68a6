"""Codes that a platform pushes instead of giving them to a browser: kept sealed until they are redeemed, and not for long.

One with the state of an invitation waits for the member who began it to confirm. One without renews accounts that are there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from saas.accounts.portals.models import PortalInvitation, PortalToken
from saas.kernel import clock
from saas.kernel.sealing import Sealer

LIVES = timedelta(minutes=20)
KEPT = timedelta(days=1)
SCAN, ALONE = "scan:", "code:"


def expect(session: Session, sealer: Sealer, invitation: PortalInvitation) -> None:
    """The browser of this invitation does not come back: its code will be pushed. In the running transaction."""
    until = invitation.expires_at + LIVES
    _write(session, sealer, invitation.portal_id, invitation.tenant_id, SCAN + invitation.hash, "", until)


def keep(session: Session, sealer: Sealer, portal: int, tenant: int, code: str, state: str) -> None:
    """A code has come. One for an invitation nobody waits for is one without. In the running transaction."""
    name = SCAN + sha256(state.encode("utf-8", "replace")).hexdigest()
    if not state or session.get(PortalToken, (portal, name)) is None:
        name = ALONE + sha256(code.encode()).hexdigest()
    _write(session, sealer, portal, tenant, name, code, clock.now() + LIVES)


def awaited(session: Session, sealer: Sealer, invitation: PortalInvitation) -> str | None:
    """The code of an invitation: "" while it has not come, None when the browser brings it."""
    row = session.get(PortalToken, (invitation.portal_id, SCAN + invitation.hash))
    if row is None:
        return None
    return _read(sealer, row) if row.expires_at > clock.now() else ""


def forget(session: Session, portal: int, name: str) -> None:
    """A code is used up, or no use any more. In the running transaction."""
    session.execute(delete(PortalToken).where(PortalToken.portal_id == portal, PortalToken.name == name))


def alone(session: Session, sealer: Sealer, portal: int) -> dict[str, str]:
    """Codes that came without an invitation and are still good, by the name they are kept under."""
    query = select(PortalToken).where(PortalToken.portal_id == portal, PortalToken.name.startswith(ALONE))
    rows = session.scalars(query.where(PortalToken.expires_at > clock.now()))
    return {row.name: _read(sealer, row) for row in rows}


def _read(sealer: Sealer, row: PortalToken) -> str:
    return str(sealer.open(row.tenant_id, _record(row.portal_id, row.name), row.sealed))


def _write(session: Session, sealer: Sealer, portal: int, tenant: int, name: str, code: str, until: datetime) -> None:
    row = session.get(PortalToken, (portal, name), with_for_update=True)
    if row is None:
        row = PortalToken(portal_id=portal, name=name)
        session.add(row)
    row.sealed, row.expires_at = sealer.seal(tenant, _record(portal, name), code), until
    session.flush()
    over = delete(PortalToken).where(PortalToken.portal_id == portal, PortalToken.expires_at < clock.now() - KEPT)
    session.execute(over.where(or_(PortalToken.name.startswith(SCAN), PortalToken.name.startswith(ALONE))))


def _record(portal: int, name: str) -> str:
    return f"portal_token:{portal}:{name}"
