"""What is left of each cap, from the ledger."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.channels.platform import Account as ChannelAccount
from saas.channels.rules import Cap
from saas.delivery.models import QuotaWindow
from saas.kernel import clock
from saas.kernel.database import db
from saas.tenants.actor import Actor

SHOWN = ("hour", "day", "week", "month")


@dataclass(frozen=True, slots=True)
class CapLeft:
    """One cap of an account in its current window. ``left`` counts what is reserved as gone."""

    rule: str
    title: tuple[str, str]
    window: str
    unit: str
    amount: int
    used: int
    reserved: int
    external: int
    left: int
    resets_at: datetime
    source: str


def caps_left(actor: Actor) -> dict[int, list[CapLeft]]:
    """By account id, what is left of its account-wide caps (minute caps are pace, and not shown)."""
    actor.need("see_accounts")
    now = clock.now()
    wanted: list[tuple[Account, Cap, datetime, datetime]] = []
    for account in db.session.scalars(select(Account).order_by(Account.id)):
        wanted += [(account, cap, *cap.window.bounds(now, account.zone)) for cap in account_caps(account, now)]
    counters = _counters([(account.id, cap.name, starts) for account, cap, starts, _ in wanted])
    left: dict[int, list[CapLeft]] = defaultdict(list)
    for account, cap, starts, ends in wanted:
        left[account.id].append(_left(cap, counters.get((account.id, cap.name, starts)), ends))
    return dict(left)


def account_caps(account: Account, now: datetime) -> list[Cap]:
    """The account-wide caps of all its routes, each rule once."""
    found = registry().get(account.channel)
    kind = found.channel.kind(account.kind) if found else None
    if found is None or kind is None:
        return []
    seen = ChannelAccount(
        account.id, account.key, account.channel, account.kind, account.name, {}, account.settings, account.zone
    )
    caps: dict[str, Cap] = {}
    for route in kind.routes:
        for cap in found.hook.limits(account=seen, route=route, now=now).caps:
            if cap.scope == "account" and cap.window.name in SHOWN:
                caps.setdefault(cap.name, cap)
    return list(caps.values())


def _counters(keys: list[tuple[int, str, datetime]]) -> dict[tuple[int, str, datetime], QuotaWindow]:
    if not keys:
        return {}
    query = select(QuotaWindow).where(
        QuotaWindow.subject == "", tuple_(QuotaWindow.account_id, QuotaWindow.rule, QuotaWindow.starts_at).in_(keys)
    )
    return {(w.account_id, w.rule, w.starts_at): w for w in db.session.scalars(query)}


def _left(cap: Cap, counter: QuotaWindow | None, ends: datetime) -> CapLeft:
    used, reserved, external = (counter.used, counter.reserved, counter.external) if counter else (0, 0, 0)
    left = max(cap.amount - used - reserved - external, 0)
    return CapLeft(cap.name, cap.title, cap.window.name, cap.unit, cap.amount, used, reserved, external, left, ends, cap.source)
