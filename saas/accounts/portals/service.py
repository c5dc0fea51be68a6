"""Use cases of portals: set one up, list them, invite an owner, take the invitation back when the browser returns."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from saas.accounts.channels import registry
from saas.accounts.opening import run_with_lines
from saas.accounts.portals import codes
from saas.accounts.portals.models import PortalGrant, PortalInvitation, PortalRow
from saas.accounts.portals.opening import LineOfPortal, opened, record
from saas.accounts.portals.papers import must_be_papers
from saas.accounts.switches import need_here
from saas.channels.channel import Field, Text
from saas.channels.platform import MaybeSent, NotSent
from saas.channels.portal import Invitation, Portal, PortalKind, PortalRefused
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Words, both_sides
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

LONGEST_NAME = 80
TICKET_DUE = timedelta(minutes=30)
"""Platforms push a ticket every ten minutes: after three that did not come a person should know."""


@dataclass(frozen=True, slots=True)
class PortalView:
    """A portal as people see it: the addresses to enter at the platform, whether its tickets come, how many accounts it holds."""

    id: int
    channel: str
    title: Words
    name: str
    events_title: Words
    events_address: str
    messages_title: Words
    messages_address: str
    ticket_at: datetime | None
    ticket_state: str
    accounts: int
    withdrawn: int
    entered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scan:
    """Where the owner scans, for which client, and until when that works.

    ``back``: where the member confirms afterwards, when the platform does not send the browser there; else "".
    """

    url: str
    client: str
    portal: str
    expires_at: datetime
    back: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """An invitation whose owner has agreed: for which portal and client. It cannot be taken twice.

    ``code``: what the platform pushed for it; "" where the browser brings it.
    """

    portal: Portal
    client: str
    code: str = ""


def kinds() -> dict[str, PortalKind]:
    """The channels with portals, by name."""
    return {one.channel.name: one.channel.portal for one in registry().all() if one.channel.portal}


def list_portals(actor: Actor) -> list[PortalView]:
    """The agency's portals."""
    actor.need("manage_accounts")
    counted = select(PortalGrant.portal_id, func.count(), func.count(PortalGrant.withdrawn_at)).group_by(PortalGrant.portal_id)
    held = {portal: (n, gone) for portal, n, gone in db.session.execute(counted)}
    return [_view(row, *held.get(row.id, (0, 0))) for row in db.session.scalars(select(PortalRow).order_by(PortalRow.id))]


def portal_names(actor: Actor) -> list[tuple[int, str]]:
    """What one chooses from to connect an account; empty for whoever may not."""
    if not actor.may("manage_accounts"):
        return []
    titles = {channel: kind.title.zh for channel, kind in kinds().items()}
    rows = db.session.scalars(select(PortalRow).order_by(PortalRow.id))
    return [(row.id, f"{row.name}（{titles.get(row.channel, row.channel)}）") for row in rows]


def set_up(actor: Actor, channel: str, name: str, values: Mapping[str, str], own: Mapping[str, Any] | None = None) -> PortalView:
    """Make a portal, or change the one of that name; a secret left empty stays as it is. Invalid names the field."""
    actor.need("manage_accounts")
    kind = kinds().get(channel)
    if kind is None:
        message = (f"渠道“{channel}”没有开放平台", f"the channel '{channel}' has no portals")
        raise Invalid("no_portal", message, (f"可用：{'、'.join(kinds())}", f"available: {', '.join(kinds())}"), "channel")
    need_here(channel)
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid("name", ("请填写名称（80 字以内）", "give it a name of at most 80 characters"), field="name")
    must_be_papers(kind, values)
    with transaction():
        row = db.session.scalar(select(PortalRow).where(PortalRow.channel == channel, PortalRow.name == name).with_for_update())
        if row is None:
            row = PortalRow(channel=channel, name=name, settings={})
            db.session.add(row)
            db.session.flush()
            db.session.refresh(row)
        _enter(row, kind, values, own or {})
        audit.note(actor, "portals.set_up", name, channel=channel, fields=sorted(values))
        db.session.flush()
        view = _view(row, 0, 0)
    return next((one for one in list_portals(actor) if one.id == view.id), view)


def _enter(row: PortalRow, kind: PortalKind, values: Mapping[str, str], own: Mapping[str, Any]) -> None:
    sealer = sealer_with(settings().encryption_keys)
    before = dict(_portal(row).credentials) if row.credentials else {}
    row.credentials = sealer.seal(row.tenant_id, record(row.id), _filled(kind.credentials, values, before))
    row.settings = {**row.settings, **_filled(kind.settings, values, row.settings), **own}


def _filled(fields: tuple[Field, ...], values: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, str]:
    filled = {
        field.name: str(values.get(field.name) or "").strip() or before.get(field.name) or field.default for field in fields
    }
    for field in fields:
        if field.required and not filled[field.name]:
            message = (f"缺少“{field.title.zh}”", f"'{field.title.en}' is missing")
            raise Invalid(
                "field_missing", message, ("请从开放平台的开发资料中复制", "copy it from the platform's console"), field.name
            )
    return filled


def invite(actor: Actor, portal_id: int, client: str) -> Scan:
    """Ask the platform for a page on which an owner scans; it works once, for this member, not for long. Conflict, Invalid."""
    actor.need("manage_accounts")
    client = client.strip()
    if not 1 <= len(client) <= LONGEST_NAME:
        raise Invalid("client", ("请选择或填写客户品牌", "choose or name the client"), field="client")
    portal, secret = portal_for(portal_id), secrets.token_hex(32)
    hook = need_here(portal.channel).hook
    back = f"{settings().base_url}/portals/back/{secret}"
    db.session.rollback()
    made: Invitation = ask(actor.tenant_id, lambda line: hook.invite(portal=portal, back=back, platform=line), portal)
    expires = clock.now() + timedelta(seconds=made.seconds)
    with transaction() as session:
        hashed = sha256(secret.encode()).hexdigest()
        row = PortalInvitation(portal_id=portal.id, client=client, member_id=actor.member_id, hash=hashed, expires_at=expires)
        row.tenant_id = actor.tenant_id
        session.add(row)
        if not made.returns:
            codes.expect(session, sealer_with(settings().encryption_keys), row)
        audit.note(actor, "portals.invite", portal.name, client=client)
    return Scan(made.url, client, portal.name, expires, "" if made.returns else back)


def invited(actor: Actor, state: str) -> PortalInvitation:
    """The invitation behind the state of an address back, still good for this member. NotFound, Forbidden, Conflict."""
    actor.need("manage_accounts")
    query = select(PortalInvitation).where(PortalInvitation.hash == sha256(state.encode("utf-8", "replace")).hexdigest())
    found = db.session.scalar(query.with_for_update())
    if found is None:
        raise NotFound(("扫码邀请", "invitation to scan"))
    again = ("请回到账号页重新扫码", "begin again from the accounts page")
    if found.member_id != actor.member_id:
        raise Forbidden(("这次扫码由另一位成员发起", "another member began this scan"), again)
    if found.used_at:
        raise Conflict("scan_used", ("这次扫码已经用过了", "this scan has been used"), again)
    if found.expires_at <= clock.now() and not awaited(found):
        raise Conflict("scan_expired", ("这次扫码已经过期", "this scan is too old"), again)
    return found


def awaited(invitation: PortalInvitation) -> str | None:
    """The code that the platform pushed for an invitation: "" while it has not; None when the browser brings it."""
    return codes.awaited(db.session(), sealer_with(settings().encryption_keys), invitation)


def take(actor: Actor, state: str) -> Taken:
    """Use the invitation up: whatever becomes of it, it cannot be used again. One whose code has not come stays."""
    with transaction() as session:
        found = invited(actor, state)
        code = awaited(found)
        if code == "":
            words = ("还没有收到平台的授权通知", "the platform has not said yet that the owner agreed")
            raise Conflict("scan_waiting", words, ("请对方完成授权后再试", "try again once the owner has agreed"))
        found.used_at = clock.now()
        codes.forget(session, found.portal_id, codes.SCAN + found.hash)
        taken = Taken(portal_for(found.portal_id), found.client, code or "")
    return taken


def portal_for(portal_id: int) -> Portal:
    """The portal with its secrets. NotFound; Conflict when the seal does not open."""
    row = db.session.get(PortalRow, portal_id)
    if row is None:
        raise NotFound(("开放平台", "portal"))
    return _portal(row)


def ask(tenant: int, question: Any, portal: Portal) -> Any:
    """Ask the platform, no transaction open. Conflict with its own words when it says no or nothing."""

    async def on_line(lines: Any) -> Any:
        return await question(LineOfPortal(lines, tenant, portal.id))

    remedy = ("请核对后重试", "check it, then try again")
    try:
        return run_with_lines(settings(), on_line)
    except PortalRefused as no:
        raise Conflict("portal_refused", both_sides(no.detail), remedy, platform_code=no.code) from None
    except (NotSent, MaybeSent) as silent:
        raise Conflict("portal_silent", both_sides(str(silent)), ("请稍后重试", "try again later")) from None


def _portal(row: PortalRow) -> Portal:
    columns = {column.key: getattr(row, column.key) for column in PortalRow.__table__.columns}
    try:
        return opened(sealer_with(settings().encryption_keys), columns)
    except CannotOpen:
        message = ("存储的开放平台凭据无法打开", "the portal's stored secrets cannot be opened")
        raise Conflict("portal_sealed", message, ("请重新填写", "enter them again")) from None


def _view(row: PortalRow, accounts: int, withdrawn: int) -> PortalView:
    found = registry().get(row.channel)
    kind = found.channel.portal if found and found.channel.portal else PortalKind(Text(row.channel, row.channel), ())
    address = f"{settings().base_url}/callbacks/portals/{row.ref}"
    plain = [field.name for field in (*kind.credentials, *kind.settings) if not field.secret]
    known = {**row.settings, **(_portal(row).credentials if row.credentials else {})}
    return PortalView(
        id=row.id, channel=row.channel, title=(kind.title.zh, kind.title.en), name=row.name,
        events_title=(kind.events.zh, kind.events.en), events_address=address,
        messages_title=(kind.messages.zh, kind.messages.en), messages_address=f"{address}/{kind.account_mark}",
        ticket_at=row.ticket_at, ticket_state=_ticket_state(row.ticket_at), accounts=accounts, withdrawn=withdrawn,
        entered={name: str(known.get(name, "")) for name in plain},
    )  # fmt: skip


def _ticket_state(ticket_at: datetime | None) -> str:
    if ticket_at is None:
        return "none"
    return "fresh" if clock.now() - ticket_at < TICKET_DUE else "late"
