"""What is left of each cap, from the ledger."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.channels.channel import trying_route
from saas.channels.platform import Account as ChannelAccount
from saas.channels.rules import Cap, Window
from saas.delivery.policy import window
from saas.kernel import clock
from saas.kernel.database import db
from saas.tenants.actor import Actor

PACE = timedelta(minutes=1)  # caps of a minute are pace, and not shown in lists
COUNTED = text("""
  SELECT k.n - 1 AS n, sum(w.used) AS used, sum(w.reserved) AS reserved, sum(w.external) AS external
  FROM unnest(CAST(:accounts AS bigint[]), CAST(:rules AS text[]), CAST(:sinces AS timestamptz[]))
    WITH ORDINALITY k(account, rule, since, n)
  JOIN quota_windows w ON w.account_id = k.account AND w.rule = k.rule AND w.subject = '' AND w.ends_at > k.since
  GROUP BY 1""")

Counts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class CapLeft:
    """One cap of an account at this moment. ``left`` counts what is reserved as gone."""

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
    wanted = [
        (account, cap)
        for account in db.session.scalars(select(Account).order_by(Account.id))
        for cap in account_caps(account, now)
    ]
    counts = _counts(wanted, now)
    left: dict[int, list[CapLeft]] = defaultdict(list)
    for (account, cap), counted in zip(wanted, counts, strict=True):
        left[account.id].append(_left(account, cap, counted, now))
    return dict(left)


def account_caps(account: Account, now: datetime) -> list[Cap]:
    """The account-wide caps of all its routes that are no mere pace, each rule once."""
    return [cap for cap in caps_of(account, now) if cap.scope == "account" and not is_pace(cap.window)]


def caps_of(account: Account, now: datetime) -> list[Cap]:
    """Every cap of all its routes, each rule once."""
    found: dict[str, Cap] = {}
    for caps in caps_by_route(account, now).values():
        for cap in caps:
            found.setdefault(cap.name, cap)
    return list(found.values())


def caps_by_route(account: Account, now: datetime) -> dict[str, tuple[Cap, ...]]:
    """The caps in force then on each route of the account's kind; nothing where its channel is not installed."""
    found = registry().get(account.channel)
    kind = found.channel.kind(account.kind) if found else None
    if found is None or kind is None:
        return {}
    seen = ChannelAccount(
        account.id, account.key, account.channel, account.kind, account.name, {}, account.settings, account.zone
    )
    trying = kind.try_out
    own = [] if trying is None or any(route.name == trying.route for route in kind.routes) else [trying_route(kind, trying)]
    return {route.name: found.hook.limits(account=seen, route=route, now=now).caps for route in (*kind.routes, *own)}


def is_pace(of: Window) -> bool:
    """Whether a window is so short that a full one is only a short wait."""
    return of.name == "minute" or bool(of.rolling and of.rolling <= PACE)


def resets_at(account: Account, cap: Cap, subject: str, now: datetime) -> datetime:
    """When there is room again: the next window of the calendar; when the first unit that must leaves a rolling one."""
    if not cap.window.rolling:
        return cap.window.bounds(now, account.zone)[1]
    query = text("SELECT room_again(:account, k, :subject, 1) FROM caps(CAST(:caps AS jsonb)) k")
    caps = json.dumps([window(cap, now, account.zone)])
    found: datetime = db.session.execute(query, {"account": account.id, "subject": subject, "caps": caps}).scalar_one()
    return found


def _counts(wanted: Sequence[tuple[Account, Cap]], now: datetime) -> list[Counts]:
    values = {
        "accounts": [account.id for account, _ in wanted],
        "rules": [cap.name for _, cap in wanted],
        "sinces": [cap.window.since(now, account.zone) for account, cap in wanted],
    }
    found: dict[int, Counts] = {
        row.n: (int(row.used), int(row.reserved), int(row.external)) for row in db.session.execute(COUNTED, values)
    }
    return [found.get(n, (0, 0, 0)) for n in range(len(wanted))]


def _left(account: Account, cap: Cap, counted: Counts, now: datetime) -> CapLeft:
    left = max(cap.amount - sum(counted), 0)
    resets = resets_at(account, cap, "", now) if any(counted) else cap.window.bounds(now, account.zone)[1]
    return CapLeft(cap.name, cap.title, cap.window.name, cap.unit, cap.amount, *counted, left, resets, cap.source)
