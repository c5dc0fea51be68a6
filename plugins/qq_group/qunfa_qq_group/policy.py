"""The limits that bind an account now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from qunfa_qq_group.kinds import truthy
from saas.channels import Account, Limits, Rate, Route, RulePack

PACK = RulePack.load(Path(__file__).with_name("rules.toml"))


def limits(account: Account, route: Route, now: datetime) -> Limits:
    """The rule pack's limits, with the account's certification (official) or pace (onebot)."""
    found = PACK.limits(account.kind, route.name, now, account.zone, account.settings.get("overrides"))
    return _certified(account, found) if account.kind == "official" else _paced(account, found)


def _certified(account: Account, found: Limits) -> Limits:
    other = "bot_per_minute" if truthy(account.settings.get("certified")) else "bot_per_minute_certified"
    return replace(found, caps=tuple(cap for cap in found.caps if cap.name != other))


def _paced(account: Account, found: Limits) -> Limits:
    pace = seconds(account, "pace_seconds", found.rate.seconds)
    return replace(found, rate=Rate(1, max(pace, 0.05), 1, found.rate.source))


def seconds(account: Account, name: str, default: float) -> float:
    """A setting that is a number and not negative, or the default."""
    try:
        value = float(account.settings.get(name, default))
    except (TypeError, ValueError):
        return default
    return value if 0 <= value < 1e6 else default
