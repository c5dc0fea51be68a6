"""The audit trail: one append-only line for everything a client or a court may ask about."""

from __future__ import annotations

from typing import Any

from saas.kernel.database import db
from saas.tenants.actor import Actor
from saas.tenants.models import AuditLine


def note(actor: Actor | None, action: str, subject: str = "", **detail: Any) -> None:
    """Write a line in the running transaction. ``detail`` must be JSON and hold nothing secret."""
    who = f"{actor.email} ({actor.via})" if actor else "system"
    db.session.add(AuditLine(actor=who, action=action, subject=subject, detail=detail))
