"""When a campaign goes out, and what exactly an approval signs. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SLOTS = ((7, 9), (19, 22))  # hours in the tenant's zone, from the brief: the best times for Official Accounts
DEFAULT_LATENESS = 2 * 3600


def next_best_slot(now: datetime, zone: str) -> datetime:
    """Now, if a good slot is open with at least a quarter of an hour left; else the start of the next one."""
    local = now.astimezone(ZoneInfo(zone))
    for day in range(3):
        for first, last in SLOTS:
            start = (local + timedelta(days=day)).replace(hour=first, minute=0, second=0, microsecond=0)
            end = start.replace(hour=last) - timedelta(minutes=15)
            if local <= start:
                return start
            if start <= local <= end:
                return now
    raise AssertionError("a day has slots")


def content_hash(value: Any) -> str:
    """SHA-256 of JSON with sorted keys: equal values, equal hash, on every machine."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def campaign_digest(
    name: str,
    kind: str,
    marketing: bool,
    schedule: str,
    lateness: int,
    accounts: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, str],
) -> str:
    """What an approval signs: content per account, audience snapshot, schedule, plan and how long people are waited for.

    ``accounts``: by key, each ``{"route", "message" (hash), "audience" (hash), "people"}``.
    """
    return content_hash(
        {
            "name": name,
            "kind": kind,
            "marketing": marketing,
            "schedule": schedule,
            "lateness": lateness,
            "accounts": accounts,
            "options": options,
        }
    )
