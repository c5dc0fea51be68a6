"""API tokens: shown once, kept as a hash, with scopes and an end."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text

from saas.kernel.clock import now
from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import Invalid, NotFound
from saas.tenants.actor import Actor
from saas.tenants.audit import note
from saas.tenants.models import ApiToken, Member
from saas.tenants.views import TokenView, actor_of

SCOPES = ("read", "write", "send")
PREFIX = "qf_"
MOST_DAYS = 366
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token stands for, and what it may be used for."""

    actor: Actor
    scopes: frozenset[str]


def create_token(actor: Actor, name: str, scopes: Collection[str], days: int) -> tuple[TokenView, str]:
    """A new token of the actor's own and its secret, which is shown this once. Invalid."""
    _check(name, scopes, days)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        row = ApiToken(
            member_id=actor.member_id,
            name=name,
            hash=token_hash(secret),
            scopes=[scope for scope in SCOPES if scope in scopes],
            expires_at=now() + timedelta(days=days),
        )
        session.add(row)
        session.flush()
        note(actor, "token_created", f"token:{row.id}", name=name, scopes=row.scopes)
        return TokenView.of(row), secret


def list_tokens(actor: Actor) -> list[TokenView]:
    """The actor's own tokens, the newest first."""
    rows = db.session.scalars(
        select(ApiToken).where(ApiToken.member_id == actor.member_id).order_by(ApiToken.id.desc()).limit(200)
    )
    return [TokenView.of(row) for row in rows]


def revoke_token(actor: Actor, token_id: int) -> None:
    """End a token: one's own, or anybody's for those who manage members. NotFound."""
    with transaction() as session:
        row = session.get(ApiToken, token_id)
        if row is None or (row.member_id != actor.member_id and not actor.may("manage_members")):
            raise NotFound(("令牌", "token"))
        row.revoked_at = row.revoked_at or now()
        note(actor, "token_revoked", f"token:{row.id}")


def actor_of_token(secret: str) -> Bearer | None:
    """Whom a token from the Authorization header stands for; None when it is unknown, ended or revoked."""
    key = token_hash(secret)
    with before_tenant(), transaction() as session:
        found = session.execute(text("SELECT * FROM whose_token(:key)"), {"key": key}).first()
    if found is None:
        return None
    with tenant_scope(found.tenant_id), transaction() as session:
        row, member = session.scalar(select(ApiToken).where(ApiToken.hash == key)), session.get(Member, found.member_id)
        if row is None or member is None or row.revoked_at or member.disabled_at or now() >= row.expires_at:
            return None
        if row.used_at is None or now() - row.used_at > USED_EVERY:
            row.used_at = now()
        return Bearer(actor_of(member, "api"), frozenset(row.scopes))


def token_hash(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(name: str, scopes: Collection[str], days: int) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("token_name", ("令牌要有 1–100 个字符的名称", "a token needs a name of 1–100 characters"), field="name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Invalid("token_scopes", ("权限只能从 read、write、send 中选", "scopes are of read, write, send"), field="scopes")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("token_days", (f"有效期 1–{MOST_DAYS} 天", f"a token lives 1–{MOST_DAYS} days"), field="days")
