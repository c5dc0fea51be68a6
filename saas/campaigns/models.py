"""Tables of the campaigns room."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Text
from sqlalchemy.dialects.postgresql import INTERVAL, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class Campaign(Model):
    """One message meant for many accounts. ``digest`` is the hash that an approval signs."""

    __tablename__ = "campaigns"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    marketing: Mapped[bool] = mapped_column(server_default=FetchedValue())
    draft: Mapped[dict[str, Any]] = mapped_column(JSONB)
    author_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    digest: Mapped[str] = mapped_column(Text)
    approved_digest: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Instant)
    max_lateness: Mapped[timedelta] = mapped_column(INTERVAL)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    send_when_approved: Mapped[bool] = mapped_column(server_default=FetchedValue())
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    revises: Mapped[int | None] = mapped_column(BigInteger)
    root_id: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(server_default=FetchedValue())


class Blob(Model):
    """A fitted picture, by the SHA-256 of its bytes."""

    __tablename__ = "blobs"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    mime: Mapped[str] = mapped_column(Text)
    data: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Fingerprint(Model):
    """The shingles of an article that went out, for the near-copy guard."""

    __tablename__ = "fingerprints"
    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    title: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    fingerprint: Mapped[bytes]
