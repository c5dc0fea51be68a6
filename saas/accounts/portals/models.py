"""Tables of portals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class PortalRow(Model):
    """A portal; ``credentials`` and ``ticket`` are sealed, ``ref`` stands in the addresses the platform calls."""

    __tablename__ = "portals"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    channel: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    credentials: Mapped[bytes | None]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=FetchedValue())
    ref: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    ticket: Mapped[bytes | None]
    ticket_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class PortalToken(Model):
    """A portal's own token, sealed."""

    __tablename__ = "portal_tokens"
    portal_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(Instant)


class PortalInvitation(Model):
    """A member waits for an owner's scan; ``hash`` is of the state in the address back, which works once."""

    __tablename__ = "portal_invitations"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    portal_id: Mapped[int] = mapped_column(BigInteger)
    client: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PortalGrant(Model):
    """What an owner granted: the platform's id of the account, the sealed refresh token, since when, and until when."""

    __tablename__ = "portal_grants"
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    portal_id: Mapped[int] = mapped_column(BigInteger)
    native_id: Mapped[str] = mapped_column(Text)
    refresh: Mapped[bytes | None]
    renewals: Mapped[int] = mapped_column(server_default=FetchedValue())
    granted_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    look_at: Mapped[datetime | None] = mapped_column(Instant)
