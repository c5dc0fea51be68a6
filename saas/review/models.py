"""Tables of the review room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.tenants.models import Instant


class Approval(Model):
    """A person's word on exactly one digest, at one stage; never changed, never deleted.

    ``link_secret`` is shown to the database's guard and never kept. The guard writes ``seal``, ``overrides``, ``kind``, ``at``.
    """

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    decision: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    stage: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    on_behalf_of: Mapped[int | None] = mapped_column(BigInteger)
    link_id: Mapped[int | None] = mapped_column(BigInteger)
    application_id: Mapped[int | None] = mapped_column(BigInteger)
    link_secret: Mapped[str | None] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    seal: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    overrides: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=FetchedValue())


class Check(Model):
    """What the machine found in a campaign as it stood under one digest, and under which rules it looked."""

    __tablename__ = "checks"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(Text)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=FetchedValue())
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class ReviewFlow(Model):
    """How a client's campaigns are reviewed; ``client_id`` None: the agency's own flow. The newest line holds."""

    __tablename__ = "review_flows"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    stages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    distinct_people: Mapped[bool] = mapped_column(default=True)
    reasons: Mapped[bool] = mapped_column(default=True)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class CampaignFlow(Model):
    """The flow a campaign began under, frozen by the database."""

    __tablename__ = "campaign_flows"
    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    clients: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    flows: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    distinct_people: Mapped[bool]
    reasons: Mapped[bool]
    frozen_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class CampaignStage(Model):
    """One stage of a campaign's frozen flow. Stages of one ``place`` are open together."""

    __tablename__ = "campaign_stages"
    tenant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stage: Mapped[int] = mapped_column(Integer, primary_key=True)
    place: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    who: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    hours: Mapped[int] = mapped_column(Integer)
    remind: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class Delegation(Model):
    """While ``member_id`` is away, ``substitute_id`` signs in their name."""

    __tablename__ = "review_delegations"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    member_id: Mapped[int] = mapped_column(BigInteger)
    substitute_id: Mapped[int] = mapped_column(BigInteger)
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ReviewLink(Model):
    """A one-time link for a client's person; ``hash`` is the SHA-256 of its secret."""

    __tablename__ = "review_links"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)
    person: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    expires_at: Mapped[datetime] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger)


class Override(Model):
    """A warning that somebody lets pass with a reason; ``finding`` is the MD5 of the stored finding."""

    __tablename__ = "finding_overrides"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(Text)
    finding: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Comment(Model):
    """What somebody says of a place in the text (``part``, ``quote``, ``start_at``), or in a thread."""

    __tablename__ = "review_comments"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    part: Mapped[str] = mapped_column(Text, default="")
    quote: Mapped[str] = mapped_column(Text, default="")
    start_at: Mapped[int] = mapped_column(Integer, default=0)
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    link_id: Mapped[int | None] = mapped_column(BigInteger)
    person: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    for_client: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_by: Mapped[int | None] = mapped_column(BigInteger)


class ReviewReminder(Model):
    """That the signers of a stage were reminded; ``number`` None: a person asked."""

    __tablename__ = "review_reminders"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[int] = mapped_column(Integer)
    number: Mapped[int | None] = mapped_column(Integer)
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class Amendment(Model):
    """A title or cover changed afterwards in the platform's own console."""

    __tablename__ = "amendments"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    dispatch_id: Mapped[int] = mapped_column(BigInteger)
    article: Mapped[int] = mapped_column(Integer, default=0)
    field: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
