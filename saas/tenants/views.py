"""What the tenants room shows to the outside: members, sessions and tokens as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.models import ApiToken, Member, MemberSession


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as admins see it; ``role_words`` is (zh, en)."""

    id: int
    email: str
    name: str
    role: str
    role_words: tuple[str, str]
    client_id: int | None
    locale: str
    disabled: bool
    created_at: datetime

    @classmethod
    def of(cls, member: Member) -> MemberView:
        """From its row."""
        words = ROLE_WORDS[member.role]
        return cls(
            member.id,
            member.email,
            member.name,
            member.role,
            words,
            member.client_id,
            member.locale,
            member.disabled_at is not None,
            member.created_at,
        )


@dataclass(frozen=True, slots=True)
class SessionView:
    """A signed-in browser. ``ref`` names it for revoking and opens nothing."""

    ref: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    address: str
    current: bool

    @classmethod
    def of(cls, row: MemberSession, current: str) -> SessionView:
        """From its row."""
        return cls(row.id[:16], row.created_at, row.seen_at, row.expires_at, row.agent, row.address, row.id == current)


@dataclass(frozen=True, slots=True)
class TokenView:
    """An API token without its secret."""

    id: int
    name: str
    scopes: tuple[str, ...]
    member_id: int
    expires_at: datetime
    revoked: bool
    used_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: ApiToken) -> TokenView:
        """From its row."""
        return cls(
            row.id,
            row.name,
            tuple(row.scopes),
            row.member_id,
            row.expires_at,
            row.revoked_at is not None,
            row.used_at,
            row.created_at,
        )


def actor_of(member: Member, via: str = "web") -> Actor:
    """The member at work."""
    return Actor(
        tenant_id=member.tenant_id,
        member_id=member.id,
        role=member.role,  # type: ignore[arg-type]  # the database's CHECK holds the roles
        name=member.name,
        email=member.email,
        client_id=member.client_id,
        locale=member.locale,
        via=via,
    )
