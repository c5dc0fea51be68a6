"""The one clock. Policies take a time as an argument; only services and jobs ask here."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
