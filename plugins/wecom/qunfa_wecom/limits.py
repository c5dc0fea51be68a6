"""The limits of an account, from the dated rule pack and the account's own settings."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from saas.channels import Account, Cap, Limits, RulePack

PACK = RulePack.load(Path(__file__).with_name("rules.toml"))
SPECIAL = {rule["name"]: rule for rule in PACK.rules if rule["type"] == "cap"}
CHOICES = {rule["choice"] for rule in PACK.rules if "choice" in rule}
DEFAULT_CHOICE = "days"
SMALLEST_CORP = 1
LARGEST_CHAT = 2_000


def limits_at(account: Account, route: str, now: datetime) -> Limits:
    """What binds ``account`` on ``route`` at ``now``."""
    found = PACK.limits(account.kind, route, now, account.zone, account.settings.get("overrides"))
    caps = (_sized(cap, account, now) for cap in found.caps if _chosen(cap, account))
    return replace(found, caps=tuple(cap for cap in caps if cap))


def _chosen(cap: Cap, account: Account) -> bool:
    """A cap that depends on the corp's choice binds where it was chosen; under a word that is no choice all of them do."""
    chosen, own = str(account.settings.get("customer_cap") or "").strip() or DEFAULT_CHOICE, SPECIAL[cap.name].get("choice")
    return own is None or own == chosen or chosen not in CHOICES


def _sized(cap: Cap, account: Account, now: datetime) -> Cap | None:
    if cap.source.startswith("override"):
        return cap
    rule: Mapping[str, Any] = SPECIAL[cap.name]
    if rule.get("days_in_month"):
        local = now.astimezone(ZoneInfo(account.zone))
        return replace(cap, amount=calendar.monthrange(local.year, local.month)[1])
    if "times" in rule:
        count = str(account.settings.get(rule["times"]) or "")
        return replace(cap, amount=cap.amount * (_whole(count) or SMALLEST_CORP)) if count else None
    if "per" in rule:
        size = str(account.settings.get(rule["per"]) or "")
        return replace(cap, amount=max(cap.amount // (_whole(size) or LARGEST_CHAT), 1))
    return cap


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0
