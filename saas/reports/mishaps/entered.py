"""Mishaps that persons saw and entered, by send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from saas.kernel.database import db

KEPT = text("""
  SELECT i.id, i.dispatch_id, i.kind, i.note, m.name AS by, i.at FROM mishaps i
  JOIN members m ON m.tenant_id = i.tenant_id AND m.id = i.member_id
  WHERE i.withdrawn_at IS NULL AND i.dispatch_id = ANY (:ids) ORDER BY i.id""")


@dataclass(frozen=True, slots=True)
class Mishap:
    """What a person saw of a send: its kind, where it was seen, who entered it when."""

    id: int
    dispatch_id: int
    kind: str
    note: str
    by: str
    at: datetime


def entered(dispatches: Sequence[int]) -> list[Mishap]:
    """Those of these sends that were not withdrawn."""
    return [Mishap(*row) for row in db.session.execute(KEPT, {"ids": list(dispatches)})] if dispatches else []
