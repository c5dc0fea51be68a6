"""The kill switch: stop a whole agency, a client, an account, a channel or a plugin, and let it go on again.

A stop holds new claims in the database at once, and workers ask for it twice a second (``saas.delivery.watch``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.delivery.models import StopRow
from saas.delivery.release import ring_for
from saas.delivery.tally import Tally, open_dispatches, settled
from saas.kernel import clock
from saas.kernel.database import after_commit, db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member, Tenant

Scope = Literal["tenant", "client", "account", "channel", "plugin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
SCOPE_WORDS: dict[str, Words] = {
    "tenant": ("整个机构", "whole agency"),
    "client": ("客户", "client"),
    "account": ("账号", "account"),
    "channel": ("渠道", "channel"),
    "plugin": ("插件", "plugin"),
}
TRIES = 3
BY_ITSELF = "系统 / the system"
"""By whom an account is stopped that its own platform's signs stopped."""
MOST_WORDS = 2000
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('stops', :tenant))"
"""Claims share it (``may_send``): a claim is made before the stop, or sees it."""
WAKE = """
  UPDATE dispatches d SET wake_at = greatest(x.due_at, now()) FROM (
    SELECT d.id, c.due_at FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id
    JOIN accounts_within(:client, :account, CAST(:channels AS text[])) w ON w.id = d.account_id
    WHERE c.state = 'released' AND d.open_rows > 0 ORDER BY d.id FOR UPDATE OF d) x WHERE d.id = x.id"""

HELD = """
  SELECT DISTINCT ON (a.id) a.id, s.id FROM accounts a JOIN stops s ON s.lifted_at IS NULL
    AND (s.scope = 'tenant' OR s.client_id = a.client_id OR s.account_id = a.id OR a.channel = ANY (s.channels))
  ORDER BY a.id, array_position(ARRAY['account', 'client', 'channel', 'plugin', 'tenant'], s.scope), s.id"""


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that is stopped, or was: what, why, by whom and when. ``subject`` is its name, as one asks for it."""

    id: int
    scope: str
    subject: str
    reason: str
    by: str
    at: datetime
    lifted_at: datetime | None
    lifted_by: str
    lifted_for: str

    @property
    def scope_words(self) -> Words:
        """What it is that is stopped: a client, an account …"""
        return SCOPE_WORDS[self.scope]


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stop and what it found: see ``Tally``."""

    stop: Stop
    tally: Tally


def stop(actor: Actor, scope: str, name: str, reason: str) -> Stopped:
    """Stop it now. What is out is counted, what is due waits, calls on their way are named. NotFound, Conflict, Invalid."""
    actor.need("recall")
    if not reason.strip():
        raise Invalid(
            "reason_missing", ("请写明原因", "say why"), ("例如：客户要求暂停", "e.g. the client asked for it"), "reason"
        )
    _short(reason)
    for left in reversed(range(TRIES)):
        try:
            row, dispatches = _stop(actor, scope, name.strip(), reason.strip())
            break
        except OperationalError:  # a deadlock with somebody who marks accounts; nothing was written
            if not left:
                raise
    return Stopped(_view(row), settled(dispatches))


def _short(reason: str) -> None:
    """Every page shows why something is stopped."""
    if len(reason) > MOST_WORDS:
        words = ("原因太长", "the reason is too long")
        raise Invalid("reason_too_long", words, (f"最多 {MOST_WORDS:,} 个字", f"{MOST_WORDS:,} characters at most"), "reason")


def _stop(actor: Actor, scope: str, name: str, reason: str) -> tuple[StopRow, list[int]]:
    with transaction() as session:
        row = _target(actor, scope, name)
        row.reason, row.member_id = reason, actor.member_id
        session.execute(text(LOCK), {"tenant": actor.tenant_id})
        session.add(row)
        try:
            session.flush()
        except IntegrityError:
            raise _stopped_already() from None
        dispatches = open_dispatches(row.client_id, row.account_id, row.channels)
        audit.note(actor, "stops.stop", f"{scope}:{row.subject}", reason=reason)
    return row, dispatches


def resume(actor: Actor, scope: str, name: str, reason: str = "") -> Stop:
    """Let it go on: what is due and not too late is sent, the rest is missed. NotFound when it is not stopped."""
    actor.need("settle")
    _short(reason)
    with transaction() as session:
        subject = _target(actor, scope, name.strip()).subject
        held = select(StopRow).where(StopRow.scope == scope, StopRow.subject == subject, StopRow.lifted_at.is_(None))
        row = session.scalar(held.with_for_update())
        if row is None:
            raise Conflict("not_stopped", ("它没有被停止", "it is not stopped"), ("请再查看一次", "look again"))
        row.lifted_at, row.lifted_by, row.lifted_for = clock.now(), actor.member_id, reason.strip()
        session.flush()
        _wake(row)
        audit.note(actor, "stops.resume", f"{scope}:{subject}", reason=reason.strip())
        after_commit(lambda: ring_for(actor.tenant_id))
    return _view(row)


def _wake(row: StopRow) -> None:
    """In the order of ids, after the stop is lifted: a dispatch about to fall asleep over it waits for this lock, or wakes."""
    db.session.execute(text(WAKE), _bounds(row))


def _bounds(row: StopRow) -> dict[str, Any]:
    return {"client": row.client_id, "account": row.account_id, "channels": row.channels or None}


def list_stops(actor: Actor, lifted: bool = True, limit: int = 100) -> list[Stop]:
    """What is stopped, the newest first, then what was."""
    actor.need("see_accounts")
    query = select(StopRow).order_by(StopRow.lifted_at.is_not(None), StopRow.id.desc()).limit(limit)
    return [_view(row) for row in db.session.scalars(query if lifted else query.where(StopRow.lifted_at.is_(None)))]


def stopped_accounts(actor: Actor) -> dict[int, Stop]:
    """By account, the stop that holds it: its own before that of its client, channel, plugin or agency."""
    actor.need("see_accounts")
    return holding()


def holding() -> dict[int, Stop]:
    """The same for whoever asks in the name of the agency in scope."""
    held = db.session.execute(text(HELD)).all()
    stops = {row.id: _view(row) for row in db.session.scalars(select(StopRow).where(StopRow.lifted_at.is_(None)))}
    return {account: stops[stop] for account, stop in held if stop in stops}


@dataclass(frozen=True, slots=True)
class Stoppable:
    """What an agency can stop, by scope: the names to ask for, each with the words to show."""

    scope: str
    names: list[tuple[str, str]]


def stoppable(actor: Actor) -> list[Stoppable]:
    """Everything that can be stopped by itself."""
    actor.need("see_accounts")
    clients = [(name, name) for name in db.session.scalars(select(Client.name).order_by(Client.id))]
    accounts = [
        (a.key, f"{a.name}（{a.key}）") for a in db.session.scalars(select(Account).order_by(Account.client_id, Account.id))
    ]
    side = 1 if actor.locale == "en" else 0
    channels = [(i.channel.name, (i.channel.title.zh, i.channel.title.en)[side]) for i in registry().all()]
    plugins = sorted({(i.distribution, i.distribution) for i in registry().all() if i.distribution})
    return [
        Stoppable("client", clients),
        Stoppable("account", accounts),
        Stoppable("channel", channels),
        Stoppable("plugin", plugins),
    ]


def _target(actor: Actor, scope: str, name: str) -> StopRow:
    """What is meant, as a row that is not stored yet. NotFound."""
    match scope:
        case "tenant":
            slug = db.session.get_one(Tenant, actor.tenant_id).slug
            return StopRow(scope=scope, subject=_found(slug if name in ("", slug) else None, scope, name), channels=[])
        case "client":
            client = _found(db.session.scalar(select(Client).where(Client.name == name)), scope, name)
            return StopRow(scope=scope, subject=client.name, client_id=client.id, channels=[])
        case "account":
            account = _found(db.session.scalar(select(Account).where(Account.key == name)), scope, name)
            return StopRow(scope=scope, subject=account.key, account_id=account.id, channels=[])
        case "channel" | "plugin":
            brought = [i for i in registry().all() if name == (i.channel.name if scope == "channel" else i.distribution)]
            channels = [i.channel.name for i in brought]
            return StopRow(scope=scope, subject=_found(name if channels else None, scope, name), channels=channels)
    words = (f"不能停止“{scope}”", f"'{scope}' is nothing one can stop")
    raise Invalid("bad_scope", words, (f"可选：{', '.join(SCOPES)}", f"one of {', '.join(SCOPES)}"), "scope")


def _found(value: Any, scope: str, name: str) -> Any:
    if value is None:
        raise NotFound(SCOPE_WORDS[scope], name)
    return value


def _stopped_already() -> Conflict:
    return Conflict("already_stopped", ("它已经停止了", "it is stopped already"), ("要恢复请用 resume", "resume lets it go on"))


def _view(row: StopRow) -> Stop:
    names = {member.id: member.name for member in db.session.execute(select(Member.id, Member.name))}
    by = names.get(row.member_id, "") if row.member_id else BY_ITSELF
    lifted_by = names.get(row.lifted_by or 0, "")
    return Stop(row.id, row.scope, row.subject, row.reason, by, row.at, row.lifted_at, lifted_by, row.lifted_for)
