"""Accounts that come by a scan, go when their owner withdraws, and come again: with what that does to deliveries that wait.

What a platform pushes to a portal is only believed of tickets and of withdrawals. Of everything else it is asked for the truth,
right after its push is stored; where it does not answer, again with the next push, and a ticket comes every ten minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.orm import Session

from saas.accounts.channels import installed
from saas.accounts.credentials import opened as opened_account
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.portals import codes, granting, service
from saas.accounts.portals.models import PortalGrant, PortalRow
from saas.accounts.portals.opening import LineOfPortal, ticket_record
from saas.accounts.portals.renewing import GONE
from saas.accounts.portals.rights import missing
from saas.accounts.switches import here, need_here
from saas.channels.callback import CallbackReply, CallbackRequest
from saas.channels.platform import MaybeSent, NotSent
from saas.channels.portal import Granted, Portal, PortalNews, PortalRefused, PortalReply, Revoked
from saas.channels.registry import Installed
from saas.delivery.callbacks import take_push
from saas.delivery.release import ring_for
from saas.delivery.stops import WAKE
from saas.kernel import clock
from saas.kernel.database import after_commit, before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import NotFound, Words
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

OK = 200
SAYS_NOTHING = (b"", b"success")
ANSWER_WITHIN = 4.0  # a platform waits five seconds for our answer to a push
WITHDRAW = text("SELECT withdraw_grant(:account, :at, '', :detail)")
NO_ADDRESS = NotFound(("回调地址", "callback address"))
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Connected:
    """An account that has come by a scan; ``missing`` are the rights its owner has not granted.

    Where one consent made several, ``name`` has the names of all and ``key`` is the first one's.
    """

    key: str
    name: str
    client: str
    is_new: bool
    missing: tuple[Words, ...]


def connect(actor: Actor, state: str, answer: Mapping[str, str]) -> Connected:
    """An owner has agreed and the browser is back: the account is one of the client's. NotFound, Forbidden, Conflict."""
    taken = service.take(actor, state)
    hook = need_here(taken.portal.channel).hook
    db.session.rollback()
    query = dict(answer) or {"auth_code": taken.code}
    granted: Granted = service.ask(
        actor.tenant_id, lambda line: hook.admit(portal=taken.portal, answer=query, platform=line), taken.portal
    )
    with transaction() as session:
        sealer, portal = sealer_with(settings().encryption_keys), taken.portal
        found: list[tuple[Account, bool]] = []
        for one in (granted, *granted.beside):
            account, is_new = granting.store_grant(sealer, portal.id, portal.channel, one, taken.client)
            _wake(session, account.id, actor.tenant_id)
            audit.note(actor, "portals.connect", account.key, portal=portal.name, client=taken.client, rights=account.rights)
            found.append((account, is_new))
        lacking = tuple(dict.fromkeys(right for one, _ in found for right in _missing(one)))
        names = "、".join(one.name for one, _ in found)
        return Connected(found[0][0].key, names, taken.client, any(is_new for _, is_new in found), lacking)


def receive_news(ref: str, request: CallbackRequest) -> PortalReply:
    """Answer a platform that pushes to a portal. NotFound for an address that is nobody's."""
    tenant, portal_id = _whose(ref)
    with tenant_scope(tenant):
        with transaction() as session:
            portal = service.portal_for(portal_id)
            found = here(portal.channel)
            if found is None or found.hook.portal_callback is None:
                raise NO_ADDRESS
            reply: PortalReply = found.hook.portal_callback(portal=portal, request=request)
            for news in reply.news:
                _apply(session, portal, tenant, news)
            for account in _accounts(session, portal.id, reply.account) if reply.account and found.hook.callback else ():
                _pushed(account, portal, found, request)
        if reply.news:
            catch_up(tenant, portal)
    return reply


def receive_message(ref: str, native: str, request: CallbackRequest) -> CallbackReply:
    """Answer a platform that pushes what happened on an account of a portal. NotFound."""
    tenant, portal_id = _whose(ref)
    with tenant_scope(tenant), transaction() as session:
        portal = service.portal_for(portal_id)
        accounts, found = _accounts(session, portal_id, native), here(portal.channel)
        if found is None or found.hook.callback is None or not (accounts or request.method == "GET"):
            raise NO_ADDRESS
        if not accounts:  # the platform checks the address with an id of its own
            checked: PortalReply = found.hook.portal_callback(portal=portal, request=request)
            return CallbackReply(checked.status, checked.body, checked.content_type)
        replies = [_pushed(account, portal, found, request) for account in accounts]
        return max(replies, key=lambda reply: (reply.status == OK, reply.body not in SAYS_NOTHING))


def _pushed(account: Account, portal: Portal, found: Installed, request: CallbackRequest) -> CallbackReply:
    seen = opened_account(sealer_with(settings().encryption_keys), _columns(account))
    return take_push(account, replace(seen, credentials={**seen.credentials, **portal.credentials}), found, request)


def catch_up(tenant: int, portal: Portal) -> None:
    """Ask how accounts stand of which the platform said that something changed, and redeem codes nobody has to confirm.

    What it does not answer is asked again.
    """
    sealer = sealer_with(settings().encryption_keys)
    query = select(PortalGrant).where(PortalGrant.portal_id == portal.id, PortalGrant.look_at.is_not(None))
    waiting = {row.account_id: (row.native_id, granting.refresh_of(sealer, row)) for row in db.session.scalars(query)}
    pushed = codes.alone(db.session(), sealer, portal.id)
    db.session.rollback()
    if not waiting and not pushed:
        return
    asked = clock.now()
    answers, redeemed = _asked(tenant, portal, waiting, pushed)
    with transaction() as session:
        for account_id, granted in answers.items():
            _stands(session, portal, tenant, account_id, granted, asked)
        for name, known in redeemed.items():
            codes.forget(session, portal.id, name)
            _renewed(session, portal, tenant, known)


def _asked(
    tenant: int, portal: Portal, accounts: Mapping[int, tuple[str, str]], pushed: Mapping[str, str]
) -> tuple[dict[int, Granted | Revoked], dict[str, Granted | None]]:
    hook = installed(portal.channel).hook
    answers: dict[int, Granted | Revoked] = {}
    redeemed: dict[str, Granted | None] = {}

    async def ask_each(lines: Any) -> None:
        line = LineOfPortal(lines, tenant, portal.id)
        async with asyncio.timeout(ANSWER_WITHIN):
            for name, code in pushed.items():
                try:
                    redeemed[name] = await hook.admit(portal=portal, answer={"auth_code": code}, platform=line)
                except PortalRefused:  # used up, or nothing of it is for us: the owner's next consent brings another
                    redeemed[name] = None
            for account, (native, refresh) in accounts.items():
                try:
                    answers[account] = await hook.inspect(portal=portal, id=native, refresh=refresh, platform=line)
                except Revoked as gone:
                    answers[account] = gone

    try:
        run_with_lines(settings(), ask_each)
    except (NotSent, MaybeSent, PortalRefused, TimeoutError) as silent:
        log.warning("portal does not say how accounts stand", portal=portal.id, fault=type(silent).__name__)
    return answers, redeemed


def _renewed(session: Session, portal: Portal, tenant: int, granted: Granted | None) -> None:
    """A code that came by itself: accounts of ours go on with it. Whom we do not know a member must invite."""
    for one in (granted, *granted.beside) if granted else ():
        query = select(PortalGrant).where(PortalGrant.portal_id == portal.id, PortalGrant.native_id == one.id)
        grant = session.scalar(query)
        if grant is None:
            log.warning("an owner authorised uninvited", portal=portal.id)
            continue
        account, sealer = session.get_one(Account, grant.account_id), sealer_with(settings().encryption_keys)
        if grant.withdrawn_at is None:
            granting.hold(sealer, account, portal.id, one)
            audit.note(None, "portals.rights", account.key, portal=portal.name, rights=account.rights)
            continue
        granting.reconnect(sealer, account, portal.id, one)
        _wake(session, account.id, tenant)
        audit.note(None, "portals.connect", account.key, portal=portal.name, rights=account.rights)


def _stands(session: Session, portal: Portal, tenant: int, account_id: int, answer: Granted | Revoked, asked: datetime) -> None:
    if isinstance(answer, Revoked):  # the agency's lock of stops first, then the grant: as everybody who withdraws
        session.execute(WITHDRAW, {"account": account_id, "at": asked, "detail": answer.detail})
        session.get_one(PortalGrant, account_id, with_for_update=True).look_at = None
        return
    account = session.get_one(Account, account_id)
    grant = session.get_one(PortalGrant, account_id, with_for_update=True)
    if grant.withdrawn_at:
        granting.reconnect(sealer_with(settings().encryption_keys), account, portal.id, answer)
        _wake(session, account_id, tenant)
        audit.note(None, "portals.connect", account.key, portal=portal.name, rights=account.rights)
    else:
        account.rights, grant.look_at = sorted(answer.rights), None
        audit.note(None, "portals.rights", account.key, portal=portal.name, rights=account.rights)


def _apply(session: Session, portal: Portal, tenant: int, news: PortalNews) -> None:
    """What one push says. Twice, late or out of turn does no harm."""
    at = datetime.fromtimestamp(news.at, UTC)
    if news.change == "ticket":
        row = session.get_one(PortalRow, portal.id, with_for_update=True)
        if row.ticket_at is None or row.ticket_at <= at:
            row.ticket = sealer_with(settings().encryption_keys).seal(tenant, ticket_record(portal.id), news.value)
            row.ticket_at = at
        return
    if news.change == "authorised" and news.value:
        codes.keep(session, sealer_with(settings().encryption_keys), portal.id, tenant, news.value, news.state)
        return
    query = select(PortalGrant).where(PortalGrant.portal_id == portal.id, _of(news.id)).order_by(PortalGrant.account_id)
    for grant in session.scalars(query).all():
        if news.change != "withdrawn":
            grant.look_at = clock.now()
        elif session.scalar(WITHDRAW, {"account": grant.account_id, "at": at, "detail": GONE}):
            key = session.get_one(Account, grant.account_id).key
            audit.note(None, "portals.withdrawn", key, portal=portal.name, at=at.isoformat())


def _of(native: str) -> ColumnElement[bool]:
    """Accounts that the platform calls so: one, or several of one consent."""
    return or_(PortalGrant.native_id == native, PortalGrant.native_id.startswith(f"{native}.", autoescape=True))


def _accounts(session: Session, portal: int, native: str) -> list[Account]:
    grants = select(PortalGrant.account_id).where(PortalGrant.portal_id == portal, _of(native))
    return list(session.scalars(select(Account).where(Account.id.in_(grants)).order_by(Account.id)))


def _wake(session: Session, account: int, tenant: int) -> None:
    """What waited goes on, in so far as it is not too late."""
    session.flush()
    session.execute(text(WAKE), {"client": None, "account": account, "channels": None})
    after_commit(lambda: ring_for(tenant))


def _missing(account: Account) -> tuple[Words, ...]:
    return tuple((right.title.zh, right.title.en) for right in missing(account.channel, account.rights))


def _columns(account: Account) -> dict[str, Any]:
    return {column.key: getattr(account, column.key) for column in Account.__table__.columns}


def _whose(ref: str) -> tuple[int, int]:
    with before_tenant():
        row = db.session.execute(text("SELECT tenant_id, portal_id FROM whose_portal(:ref)"), {"ref": ref}).first()
        db.session.rollback()
    if row is None:
        raise NO_ADDRESS
    return row.tenant_id, row.portal_id
