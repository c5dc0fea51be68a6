"""Tables of the rule book."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, FetchedValue, Text
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class RuleOverride(Model):
    """A rule the agency changed; ended, never deleted."""

    __tablename__ = "rule_overrides"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    pack: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    amount: Mapped[int | None]
    severity: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    until: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[int | None] = mapped_column(BigInteger)


class RulePackText(Model):
    """The text of a pack that a check has used; never changed."""

    __tablename__ = "rule_packs"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
