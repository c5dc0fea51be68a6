"""The dated rule pack of this channel, asked for one account, one route and one moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from saas.channels import CLEARING, Account, Cap, Exhausted, Limits, RulePack, Window


@cache
def pack() -> RulePack:
    """The rule pack, read once."""
    return RulePack.load(Path(__file__).with_name("rules.toml"))


def limits(account: Account, route: str, now: datetime) -> Limits:
    """All that binds the account on the route now, with its own overrides."""
    return pack().limits(account.kind, route, now, account.zone, account.settings.get("overrides"))


def no_mass_quota(account: Account, route: str, now: datetime, code: str, reason: str) -> Exhausted:
    """45028: the right to mass-send is used up, for a day on a subscription account, for a month on a service account."""
    return _exhausted(account, route, now, "month" if account.kind == "service" else "day", min, code, reason)


def no_calls_left(account: Account, route: str, now: datetime, code: str, reason: str) -> Exhausted:
    """45009: the day's calls of an interface are used up; of a route's caps for the day that is the widest."""
    return _exhausted(account, route, now, "day", max, code, reason)


def no_clearing_left(account: Account, now: datetime, code: str, reason: str) -> Exhausted:
    """48006: the calls of the account cannot be counted anew before the next month."""
    return _exhausted(account, CLEARING.name, now, "month", min, code, reason)


def _exhausted(
    account: Account, route: str, now: datetime, window: Literal["day", "month"], pick: Callable[..., Cap], code: str, reason: str
) -> Exhausted:
    caps = [cap for cap in limits(account, route, now).caps if cap.window.name == window]
    name = pick(caps, key=lambda cap: cap.amount).name if caps else f"platform_{window}"
    _, ends = Window(window).bounds(now, account.zone)
    return Exhausted(name, ends, code, reason)
