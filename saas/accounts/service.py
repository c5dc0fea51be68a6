"""Use cases of accounts: list, import, add, check the connection, mark trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from saas.accounts.channels import kind_of, registry
from saas.accounts.credentials import opened, seal
from saas.accounts.models import Account, Contact
from saas.accounts.portals.models import PortalRow
from saas.accounts.portals.rights import missing
from saas.accounts.reading import AccountLine, read_accounts
from saas.accounts.well_formed import must_be_well_formed
from saas.accounts.words import trouble_words
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, counted
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as lists show it; ``trouble_words`` says what a person must do.

    ``portal``: over which portal its owner authorised it; ``missing_rights`` what the owner has not granted there.
    """

    id: int
    key: str
    client_id: int
    client: str
    channel: str
    channel_title: Words
    kind: str
    kind_title: Words
    name: str
    audience_size: int
    status: str
    trouble: str
    trouble_words: Words
    simulated: bool
    connected: bool
    portal: str
    missing_rights: list[Words]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many accounts an import made and changed."""

    created: int
    updated: int


def list_clients(actor: Actor) -> list[Client]:
    """The tenant's clients; a client's user sees its own."""
    query = select(Client).order_by(Client.id)
    if actor.client_id:
        query = query.where(Client.id == actor.client_id)
    return list(db.session.scalars(query))


def list_accounts(actor: Actor) -> list[AccountView]:
    """Every account the actor may see, by client and key order of creation."""
    query = select(Account, Client.name).join(Client, Client.id == Account.client_id).order_by(Client.id, Account.id)
    if actor.client_id:
        query = query.where(Account.client_id == actor.client_id)
    portals = {row.id: row.name for row in db.session.execute(select(PortalRow.id, PortalRow.name))}
    return [_view(account, client, portals) for account, client in db.session.execute(query)]


def client_names() -> dict[int, str]:
    """The names of the tenant's clients, by id."""
    return {client.id: client.name for client in db.session.scalars(select(Client))}


def account_by_key(key: str) -> Account:
    """The account of that key. NotFound."""
    account = db.session.scalar(select(Account).where(Account.key == key))
    if account is None:
        raise NotFound(("账号", "account"), key)
    return account


def import_accounts(actor: Actor, data: bytes) -> ImportResult:
    """Create and update accounts from a CSV (key, client, channel, kind, name, audience_size). Invalid lists every fault."""
    actor.need("manage_accounts")
    lines, findings = read_accounts(data)
    if findings:
        words = (
            f"账号表中有 {len(findings)} 处错误，没有导入任何账号",
            f"{counted(len(findings), 'fault')} in the list of accounts; nothing was imported",
        )
        raise Invalid("bad_accounts", words, findings=findings)
    with transaction():
        result = _store(lines)
        audit.note(actor, "accounts.import", created=result.created, updated=result.updated)
    return result


def _store(lines: list[AccountLine]) -> ImportResult:
    clients = {client.name: client for client in db.session.scalars(select(Client))}
    accounts = {account.key: account for account in db.session.scalars(select(Account))}
    created = 0
    for line in lines:
        if line.client not in clients:
            clients[line.client] = Client(name=line.client)
            db.session.add(clients[line.client])
            db.session.flush()
        account = accounts.get(line.key)
        if account is None:
            created += 1
            account = Account(key=line.key, channel=line.channel, kind=line.kind)
            db.session.add(account)
        elif (account.channel, account.kind) != (line.channel, line.kind):
            raise _kind_is_fixed(line)
        account.client_id, account.name, account.audience_size = clients[line.client].id, line.name, line.audience_size
        db.session.flush()
    return ImportResult(created, len(lines) - created)


def _kind_is_fixed(line: AccountLine) -> Invalid:
    return Invalid(
        "kind_is_fixed",
        (
            f"第 {line.line} 行：账号“{line.key}”的渠道和类型建立后不能更改",
            f"line {line.line}: channel and kind of '{line.key}' cannot change",
        ),
        ("请使用新的 key 建立账号", "add an account under a new key"),
        "kind",
    )


def connect_account(key: str, credentials: Mapping[str, str], own: Mapping[str, Any]) -> None:
    """Store an account's credentials (sealed) and settings beside those it has; an empty one is taken out. In the running
    transaction. What a person enters comes by ``entering.enter``, which knows the names."""
    account = account_by_key(key)
    must_be_well_formed(own)
    if credentials or account.credentials is None:  # a setting alone leaves the credentials as they are
        sealer = sealer_with(settings().encryption_keys)
        account.credentials = seal(sealer, account.tenant_id, account.id, _without_empty(own_credentials(account), credentials))
        account.portal_id, account.rights = None, None  # from now on it speaks for itself
    account.settings = _without_empty(account.settings, own)
    if credentials or (account.status, account.trouble) != ("stopped", "revoked"):  # no setting lets a withdrawn one go on
        account.status, account.trouble, account.trouble_code, account.trouble_detail = "active", "", "", ""
    _learn_groups(account)
    db.session.flush()


def own_credentials(account: Account) -> dict[str, str]:
    """What is stored of an account's credentials, opened; none where the seal does not open: they are entered again."""
    columns = {column.key: getattr(account, column.key) for column in Account.__table__.columns}
    try:
        return dict(opened(sealer_with(settings().encryption_keys), columns).credentials)
    except CannotOpen:
        return {}


def _without_empty(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**before, **given}.items() if value != "" or name not in given}


def _learn_groups(account: Account) -> None:
    """Groups and contacts that came with the settings become contacts: from then on events keep them."""
    for entry in (*account.settings.get("groups", ()), *account.settings.get("contacts", ())):
        db.session.merge(
            Contact(account_id=account.id, target=entry["id"], title=entry.get("title", ""), tenant_id=account.tenant_id)
        )


def set_trouble(account_id: int, reason: str, code: str = "", detail: str = "") -> None:
    """Mark an account broken for ``reason`` (an Unauthorized reason), or sound with "". In the running transaction."""
    account = db.session.get_one(Account, account_id)
    if account.status != "stopped":
        account.status = "broken" if reason else "active"
    account.trouble, account.trouble_code, account.trouble_detail = reason, code, detail[:500]
    account.checked_at = clock.now()


def accept_risk(actor: Actor, key: str) -> None:
    """An owner accepts the stated risk of an opt-in kind of account."""
    actor.need("manage_accounts")
    with transaction():
        account = account_by_key(key)
        account.risk_accepted_at = clock.now()
        audit.note(actor, "accounts.accept_risk", key, channel=account.channel, kind=account.kind)


def _view(account: Account, client: str, portals: Mapping[int, str]) -> AccountView:
    installed = registry().get(account.channel)
    kind = kind_of(account.channel, account.kind) if installed else None
    channel_title = (installed.channel.title.zh, installed.channel.title.en) if installed else (account.channel, account.channel)
    return AccountView(
        id=account.id,
        key=account.key,
        client_id=account.client_id,
        client=client,
        channel=account.channel,
        channel_title=channel_title,
        kind=account.kind,
        kind_title=(kind.title.zh, kind.title.en) if kind else (account.kind, account.kind),
        name=account.name,
        audience_size=account.audience_size,
        status=account.status,
        trouble=account.trouble,
        trouble_words=trouble_words(account.trouble) if account.trouble else ("", ""),
        simulated=bool(account.settings.get("simulated")),
        connected=account.credentials is not None or bool(kind and kind.assisted),
        portal=portals.get(account.portal_id or 0, ""),
        missing_rights=[(right.title.zh, right.title.en) for right in missing(account.channel, account.rights)],
    )
