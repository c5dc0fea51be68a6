"""What an owner granted becomes an account of a client: a new one, or the one that the platform calls the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import delete, select

from saas.accounts.credentials import opened, seal
from saas.accounts.models import Account, AccountToken
from saas.accounts.portals.models import PortalGrant
from saas.accounts.portals.renewing import refresh_record
from saas.channels.portal import Granted
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Conflict
from saas.kernel.sealing import CannotOpen, Sealer
from saas.tenants.models import Client

LONGEST_KEY = 64


def store_grant(sealer: Sealer, portal: int, channel: str, granted: Granted, client: str) -> tuple[Account, bool]:
    """The account, and whether it is new; pasted secrets of one that was there go. In the running transaction. Conflict."""
    account = _known(sealer, portal, channel, granted)
    if account is None:
        account, is_new = _new(channel, granted, _client(client)), True
    else:
        is_new = False
        _same_client(account, client)
    account.portal_id = portal
    reconnect(sealer, account, portal, granted)
    return account, is_new


def reconnect(sealer: Sealer, account: Account, portal: int, granted: Granted) -> None:
    """The owner has (again) authorised an account of ours: its history stays, its tokens are new. In the running transaction."""
    account.status, account.trouble, account.trouble_code, account.trouble_detail = "active", "", "", ""
    account.checked_at = clock.now()
    hold(sealer, account, portal, granted)


def hold(sealer: Sealer, account: Account, portal: int, granted: Granted) -> None:
    """What an account is held by is new; whatever else keeps it from sending still does. In the running transaction."""
    if account.portal_id == portal:  # one that speaks for itself meanwhile keeps its own secrets
        account.credentials = seal(sealer, account.tenant_id, account.id, granted.credentials)
    account.rights, account.settings = sorted(granted.rights), {**account.settings, **granted.settings}
    db.session.execute(delete(AccountToken).where(AccountToken.account_id == account.id))
    grant = db.session.get(PortalGrant, account.id, with_for_update=True)
    if grant is None:
        grant = PortalGrant(account_id=account.id, portal_id=portal, native_id=granted.id, granted_at=clock.now())
        grant.renewals = 0
        db.session.add(grant)
    grant.portal_id, grant.native_id = portal, granted.id
    grant.refresh = sealer.seal(account.tenant_id, refresh_record(account.id), granted.refresh) if granted.refresh else None
    grant.renewals, grant.granted_at, grant.withdrawn_at, grant.look_at = grant.renewals + 1, clock.now(), None, None
    db.session.flush()


def refresh_of(sealer: Sealer, grant: PortalGrant) -> str:
    """What renews an account's tokens; "" when it is gone, or its seal does not open."""
    try:
        return str(sealer.open(grant.tenant_id, refresh_record(grant.account_id), grant.refresh)) if grant.refresh else ""
    except CannotOpen:
        return ""


def _known(sealer: Sealer, portal: int, channel: str, granted: Granted) -> Account | None:
    """By what was granted before; else an account whose own credentials name the same account of the platform."""
    found = select(Account).join(PortalGrant, PortalGrant.account_id == Account.id)
    before = db.session.scalar(found.where(PortalGrant.portal_id == portal, PortalGrant.native_id == granted.id))
    return before or next(_named_the_same(sealer, channel, granted), None)


def _named_the_same(sealer: Sealer, channel: str, granted: Granted) -> Iterator[Account]:
    if not granted.credentials:
        return
    query = select(Account).where(Account.channel == channel, Account.credentials.is_not(None)).order_by(Account.id)
    if granted.by_kind:
        query = query.where(Account.kind == granted.kind)
    for account in db.session.scalars(query):
        try:
            own = opened(sealer, {column.key: getattr(account, column.key) for column in Account.__table__.columns}).credentials
        except CannotOpen:
            continue
        if all(own.get(name) == value for name, value in granted.credentials.items()):
            yield account


def _client(name: str) -> Client:
    client = db.session.scalar(select(Client).where(Client.name == name))
    if client is None:
        client = Client(name=name)
        db.session.add(client)
        db.session.flush()
    return client


def _same_client(account: Account, client: str) -> None:
    own = db.session.get_one(Client, account.client_id).name
    if own != client:
        message = (
            f"账号“{account.name}”已属于客户“{own}”",
            f"the account '{account.name}' belongs to the client '{own}' already",
        )
        raise Conflict("account_elsewhere", message, (f"请选择客户“{own}”再扫码", f"choose the client '{own}' and scan again"))


def _new(channel: str, granted: Granted, client: Client) -> Account:
    account = Account(
        client_id=client.id, key=_key(granted.id), channel=channel, kind=granted.kind, name=granted.name or granted.id
    )
    db.session.add(account)
    db.session.flush()
    db.session.refresh(account)
    return account


def _key(native: str) -> str:
    """The platform's id, as a key; with a number when another account has taken it."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", native.lower()).strip("-_")[: LONGEST_KEY - 4] or "account"
    taken = set(db.session.scalars(select(Account.key).where(Account.key.startswith(plain))))
    return next(key for number in range(len(taken) + 1) if (key := f"{plain}-{number}" if number else plain) not in taken)
