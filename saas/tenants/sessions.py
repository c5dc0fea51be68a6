"""Signed-in browsers: rows that end by themselves, can be listed, and can be ended by their owner."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text, update

from saas.kernel.clock import now
from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import NotFound, Unauthenticated
from saas.tenants.actor import Actor
from saas.tenants.audit import note
from saas.tenants.models import Member, MemberSession
from saas.tenants.passwords import fits
from saas.tenants.views import SessionView, actor_of

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A fresh session: ``secret`` goes into the cookie and is kept nowhere."""

    actor: Actor
    secret: str


def sign_in(email: str, password: str, agent: str = "", address: str = "") -> SignIn:
    """Open a session. Unauthenticated, with the same words and work, for a wrong password and for an unknown e-mail."""
    with before_tenant(), transaction() as session:
        rows = session.execute(text("SELECT * FROM who_signs_in(:email)"), {"email": email.strip()}).all()
    found = next((row for row in rows if fits(row.password_hash, password)), None)
    if found is None:
        if not rows:
            fits(None, password)
        raise Unauthenticated(("邮箱或密码不对", "the e-mail or the password is wrong"))
    with tenant_scope(found.tenant_id), transaction():
        return _open(db.session.get_one(Member, found.member_id), agent, address)


def actor_of_session(secret: str) -> tuple[Actor, str] | None:
    """Who sits at the browser with this cookie, and the session's id; None when it has ended."""
    key = session_id(secret)
    with before_tenant(), transaction() as session:
        found = session.execute(text("SELECT * FROM whose_session(:key)"), {"key": key}).first()
    if found is None:
        return None
    with tenant_scope(found.tenant_id), transaction() as session:
        row, member = session.get(MemberSession, key), session.get(Member, found.member_id)
        if row is None or member is None or _ended(row, member):
            return None
        if now() - row.seen_at > SEEN_EVERY:
            row.seen_at = now()
        return actor_of(member), key


def list_sessions(actor: Actor, current: str = "") -> list[SessionView]:
    """The actor's own open sessions, the newest first."""
    member = db.session.get_one(Member, actor.member_id)
    rows = db.session.scalars(
        select(MemberSession)
        .where(MemberSession.member_id == actor.member_id)
        .order_by(MemberSession.created_at.desc())
        .limit(200)
    )
    return [SessionView.of(row, current) for row in rows if not _ended(row, member)]


def revoke_session(actor: Actor, ref: str) -> None:
    """End one of the actor's own sessions by its ``ref`` or id. NotFound."""
    with transaction() as session:
        mine = select(MemberSession).where(MemberSession.member_id == actor.member_id, MemberSession.revoked_at.is_(None))
        row = session.scalar(mine.where(MemberSession.id.startswith(ref, autoescape=True))) if len(ref) >= 16 else None
        if row is None:
            raise NotFound(("登录会话", "session"))
        row.revoked_at = now()
        note(actor, "session_ended", f"session:{row.id[:16]}")


def end_sessions(member_id: int, except_id: str = "") -> None:
    """End every session of a member but one, in the running transaction."""
    open_ones = update(MemberSession).where(MemberSession.member_id == member_id, MemberSession.revoked_at.is_(None))
    db.session.execute(open_ones.where(MemberSession.id != except_id).values(revoked_at=now()))


def sign_out(secret: str) -> None:
    """End the session of this cookie, whoever's it is; nothing happens when there is none. Called outside every scope."""
    found = actor_of_session(secret)
    if found is None:
        return
    actor, key = found
    with tenant_scope(actor.tenant_id), transaction() as session:
        session.get_one(MemberSession, key).revoked_at = now()
        note(actor, "signed_out", f"member:{actor.member_id}")


def session_id(secret: str) -> str:
    """The row's id for a cookie's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _open(member: Member, agent: str, address: str) -> SignIn:
    secret, at = secrets.token_urlsafe(32), now()
    db.session.add(
        MemberSession(
            id=session_id(secret),
            member_id=member.id,
            created_at=at,
            seen_at=at,
            expires_at=at + LONGEST,
            agent=agent[:200],
            address=address[:64],
        )
    )
    actor = actor_of(member)
    note(actor, "signed_in", f"member:{member.id}", address=address[:64])
    return SignIn(actor, secret)


def _ended(row: MemberSession, member: Member) -> bool:
    at = now()
    return bool(row.revoked_at or member.disabled_at) or at >= row.expires_at or at - row.seen_at >= IDLE
