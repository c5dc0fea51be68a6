"""What a stop found: how much was out already, how much it holds back, how much is on its way and cannot be called back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import text

from saas.delivery.watch import LOOK, TRUST
from saas.kernel.database import db

SETTLING = TRUST + 2 * LOOK  # by then no call begins any more, and what was not called has gone back
LOOKS = 0.1


@dataclass(frozen=True, slots=True)
class Tally:
    """People (or groups) of everything that was under way: platforms have taken on ``out``; ``stopped`` has not gone and does
    not go; calls to ``in_flight`` were on their way and may still land; of ``unknown`` nobody knows."""

    out: int
    stopped: int
    in_flight: int
    unknown: int
    accounts: int

    def to_json(self) -> dict[str, int]:
        """Plain numbers."""
        return asdict(self)


def open_dispatches(client: int | None, account: int | None, channels: Sequence[str]) -> list[int]:
    """Released dispatches with something due or on its way, on the accounts that are meant."""
    query = """
      SELECT d.id FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id
      JOIN accounts_within(:client, :account, CAST(:channels AS text[])) w ON w.id = d.account_id
      WHERE c.state = 'released' AND d.open_rows > 0"""
    values = {"client": client, "account": account, "channels": list(channels) or None}
    return list(db.session.scalars(text(query), values))


def settled(dispatches: Sequence[int]) -> Tally:
    """The tally once workers have heard of the stop: at once when nothing is on its way, else after at most two and a half
    seconds. Outside any transaction."""
    until = time.monotonic() + SETTLING
    while _flying(dispatches) and time.monotonic() < until:
        time.sleep(LOOKS)
    return _count(dispatches)


def _flying(dispatches: Sequence[int]) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE fence IS NOT NULL AND dispatch_id = ANY (:ids))"
    flying = bool(db.session.scalar(text(query), {"ids": list(dispatches)}))
    db.session.rollback()
    return flying


def _count(dispatches: Sequence[int]) -> Tally:
    query = """
      SELECT count(DISTINCT d.account_id) AS accounts,
        coalesce(sum(d.accepted), 0) AS out, coalesce(sum(d.unknown), 0) AS unknown,
        coalesce(sum(e.stopped), 0) AS stopped, coalesce(sum(e.in_flight), 0) AS in_flight
      FROM dispatches d CROSS JOIN LATERAL (
        SELECT sum(e.people) FILTER (WHERE e.state IN ('due', 'cancelled')) AS stopped,
          sum(e.people) FILTER (WHERE e.state = 'sending') AS in_flight
        FROM deliveries e WHERE e.dispatch_id = d.id AND e.state IN ('due', 'cancelled', 'sending')) e
      WHERE d.id = ANY (:ids)"""
    row = db.session.execute(text(query), {"ids": list(dispatches)}).one()
    db.session.rollback()
    return Tally(int(row.out), int(row.stopped), int(row.in_flight), int(row.unknown), int(row.accounts))
