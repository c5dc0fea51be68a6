"""Tables of the tenants room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model

Instant = TIMESTAMP(timezone=True)


class Tenant(Model):
    """An agency."""

    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    demo: Mapped[bool] = mapped_column(server_default=FetchedValue())
    weight: Mapped[int] = mapped_column(server_default=FetchedValue())
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Client(Model):
    """A brand the agency serves."""

    __tablename__ = "clients"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    name: Mapped[str] = mapped_column(Text)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Member(Model):
    """A person at the agency, or of a client (then bound to it)."""

    __tablename__ = "members"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    password_hash: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    password_changed_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class MemberSession(Model):
    """A signed-in browser; ``id`` is the SHA-256 of the cookie's secret."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    member_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    seen_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    agent: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    address: Mapped[str] = mapped_column(Text, server_default=FetchedValue())


class ApiToken(Model):
    """A token for the API; only its SHA-256 is kept."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    member_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=FetchedValue())
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class IdempotencyKey(Model):
    """A POST that was asked with a key, and the answer it got."""

    __tablename__ = "idempotency_keys"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger)
    request: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class AuditLine(Model):
    """One line of the audit trail; the database chains the hashes."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    previous: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    hash: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
