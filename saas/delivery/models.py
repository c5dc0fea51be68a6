"""Tables of the delivery room. Sums on a dispatch are kept by the database's triggers, never written here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class Dispatch(Model):
    """A campaign on one account."""

    __tablename__ = "dispatches"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(BigInteger)
    route: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    unit: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    message: Mapped[dict[str, Any]] = mapped_column(JSONB)
    repeat_by: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    repeat_seconds: Mapped[int] = mapped_column(server_default=FetchedValue())
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    code: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    reason: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    next_possible_at: Mapped[datetime | None] = mapped_column(Instant)
    counted_by: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    figures_at: Mapped[datetime | None] = mapped_column(Instant)
    open_rows: Mapped[int] = mapped_column(server_default=FetchedValue())
    intended: Mapped[int] = mapped_column(server_default=FetchedValue())
    accepted: Mapped[int] = mapped_column(server_default=FetchedValue())
    delivered: Mapped[int] = mapped_column(server_default=FetchedValue())
    failed: Mapped[int] = mapped_column(server_default=FetchedValue())
    skipped: Mapped[int] = mapped_column(server_default=FetchedValue())
    unknown: Mapped[int] = mapped_column(server_default=FetchedValue())
    awaiting: Mapped[int] = mapped_column(server_default=FetchedValue())
    recalled: Mapped[int] = mapped_column(server_default=FetchedValue())


class DeliveryRow(Model):
    """One thing a platform is asked to do."""

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    dispatch_id: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(Text)
    ids: Mapped[list[str] | None] = mapped_column(JSONB)
    fields: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    people: Mapped[int]
    key: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    state: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    due_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    attempts: Mapped[int] = mapped_column(server_default=FetchedValue())
    crashes: Mapped[int] = mapped_column(server_default=FetchedValue())
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    poll_at: Mapped[datetime | None] = mapped_column(Instant)
    awaiting_until: Mapped[datetime | None] = mapped_column(Instant)
    ref: Mapped[str | None] = mapped_column(Text)
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    code: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    reason: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    accepted: Mapped[int] = mapped_column(server_default=FetchedValue())
    delivered: Mapped[int] = mapped_column(server_default=FetchedValue())
    failed: Mapped[int] = mapped_column(server_default=FetchedValue())
    skipped: Mapped[int] = mapped_column(server_default=FetchedValue())
    unknown: Mapped[int] = mapped_column(server_default=FetchedValue())
    awaiting: Mapped[int] = mapped_column(server_default=FetchedValue())
    polls: Mapped[int] = mapped_column(server_default=FetchedValue())
    reserved_by: Mapped[int | None] = mapped_column(BigInteger)
    looked_at: Mapped[datetime | None] = mapped_column(Instant)
    looked: Mapped[str] = mapped_column(Text, server_default=FetchedValue())


class QuotaWindow(Model):
    """The counter of one cap in one window; the database never lets it over."""

    __tablename__ = "quota_windows"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    account_id: Mapped[int] = mapped_column(BigInteger)
    rule: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    cap: Mapped[int]
    reserved: Mapped[int] = mapped_column(server_default=FetchedValue())
    used: Mapped[int] = mapped_column(server_default=FetchedValue())
    external: Mapped[int] = mapped_column(server_default=FetchedValue())


class FigureRow(Model):
    """A number of a dispatch, with its source; a later figure is a new revision."""

    __tablename__ = "figures"
    dispatch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    value: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text)
    as_of: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class StopRow(Model):
    """Something that somebody stopped; its line stays when it is lifted."""

    __tablename__ = "stops"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    scope: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reason: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
    lifted_by: Mapped[int | None] = mapped_column(BigInteger)
    lifted_for: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
