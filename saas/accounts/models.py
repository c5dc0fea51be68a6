"""Tables of the accounts room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class Account(Model):
    """One channel account of a client. ``credentials`` are sealed; ``trouble`` is the reason of a broken one.

    ``portal_id`` and ``rights`` where its owner has authorised it over a portal.
    """

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    client_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    audience_size: Mapped[int] = mapped_column(server_default=FetchedValue())
    zone: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    status: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    trouble: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    trouble_code: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    trouble_detail: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    risk_accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=FetchedValue())
    credentials: Mapped[bytes | None]
    callback_ref: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    portal_id: Mapped[int | None] = mapped_column(BigInteger)
    rights: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class AccountMemory(Model):
    """What a channel remembered for an account: ids of uploaded pictures and the like."""

    __tablename__ = "account_memory"
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    value: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)


class AccountToken(Model):
    """A platform token of an account, sealed."""

    __tablename__ = "account_tokens"
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(Instant)


class CallbackEvent(Model):
    """One thing a platform pushed, verified and stored before it is applied; doubled ones are stored once."""

    __tablename__ = "callback_inbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    account_id: Mapped[int] = mapped_column(BigInteger)
    dedupe: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    due_at: Mapped[datetime | None] = mapped_column(Instant, server_default=FetchedValue())
    tries: Mapped[int] = mapped_column(server_default=FetchedValue())
    result: Mapped[str] = mapped_column(Text, server_default=FetchedValue())


class Contact(Model):
    """Whom an account can reach, where the platform or a person has told us."""

    __tablename__ = "contacts"
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    target: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    title: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    people: Mapped[int] = mapped_column(server_default=FetchedValue())
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=FetchedValue())
    muted: Mapped[bool] = mapped_column(server_default=FetchedValue())
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
