"""Stages held in a platform's own approval: which, who is who there, and each application with what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.kernel.database import Model
from saas.kernel.errors import Words
from saas.tenants.models import Instant


class ApprovalLine(Model):
    """That a stage of a client's reviews (``client_id`` None: of the agency's) is held by an account; the newest line holds.

    ``places``: control of the template, and what of the campaign stands in it. ``own_flow``: the template names the approvers.
    """

    __tablename__ = "approval_lines"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    template: Mapped[str] = mapped_column(Text, default="")
    places: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    applicant: Mapped[str] = mapped_column(Text, default="")
    own_flow: Mapped[bool] = mapped_column(default=False)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class ApprovalPerson(Model):
    """What a member is called on an account's platform, and who said so."""

    __tablename__ = "approval_people"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    account_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    person: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())


class StageApplication(Model):
    """One application for one stage of one digest, written before the platform is asked. ``approval``: the platform's number."""

    __tablename__ = "stage_applications"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    campaign_id: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(Text)
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(Text, server_default=FetchedValue())
    state: Mapped[str] = mapped_column(Text, default="due")
    approval: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    people: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    applicant: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    asks_at: Mapped[datetime | None] = mapped_column(Instant, server_default=FetchedValue())
    asked: Mapped[int] = mapped_column(Integer, default=0)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[int | None] = mapped_column(BigInteger)

    def to_json(self) -> dict[str, Any]:
        """What the audit trail says of it."""
        return {"application": self.id, "stage": self.stage, "approval": self.approval}


STATES: dict[str, Words] = {
    "due": ("等待提交", "waits to be submitted"),
    "asking": ("正在提交", "is being submitted"),
    "lost": ("没有等到提交的答复，正在平台上查找", "the answer to its submission was lost; it is looked for on the platform"),
    "waiting": ("等待审批", "waits for its approvers"),
    "approved": ("已同意，并已签字", "approved, and signed"),
    "refused": ("已驳回", "refused"),
    "withdrawn": ("已在平台上撤销或删除，这一级仍在等待", "withdrawn or deleted on the platform; the stage still waits"),
    "uncounted": ("平台上有了结论，但不能算作签字", "decided on the platform, but nobody's word counts"),
    "failed": ("没有提交成功", "could not be submitted"),
    "void": ("作废", "void"),
    "released": ("改为在这里签字", "signed here instead"),
}
OPEN = ("due", "asking", "lost", "waiting")
AGAIN = ("withdrawn", "uncounted", "failed", "void")
"""Ends after which a person may ask anew."""


def next_look(submitted: datetime, now: datetime) -> timedelta:
    """How long until the platform is asked again where no push came: a tenth of its age, from half a minute to five minutes."""
    return min(max((now - submitted) / 10, timedelta(seconds=30)), timedelta(minutes=5))
