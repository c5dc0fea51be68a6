"""Tables of the library."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class Folder(Model):
    """A folder of a client's library; ``parent_id`` None: at the top."""

    __tablename__ = "library_folders"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    client_id: Mapped[int] = mapped_column(BigInteger)
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Item(Model):
    """Something of a client's material; ``version`` is the one that holds."""

    __tablename__ = "library_items"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    client_id: Mapped[int] = mapped_column(BigInteger)
    folder_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    thumb: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]
    ref: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(BigInteger)
    updated_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    archived_at: Mapped[datetime | None] = mapped_column(Instant)


class Version(Model):
    """What an item held from one save to the next; never changed."""

    __tablename__ = "library_versions"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    made_from: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Draft(Model):
    """What a member wrote on one page and has not saved, or could not; ``refused``: a newer version was there."""

    __tablename__ = "library_drafts"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tab: Mapped[str] = mapped_column(Text, primary_key=True)
    made_from: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    refused: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Instant)


class Tag(Model):
    """A tag of an item."""

    __tablename__ = "library_tags"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Use(Model):
    """A version of an item that holds a version of another."""

    __tablename__ = "library_uses"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    by_item: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    by_version: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int]
