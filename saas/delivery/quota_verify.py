"""Whether the counters follow from the ledger's lines, and each reserved unit belongs to a delivery that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from saas.accounts.service import account_by_key
from saas.kernel.database import db
from saas.tenants.actor import Actor

RECOMPUTED = text("""
  SELECT a.key AS account, w.rule, w.subject, w.starts_at, x.counter, x.booked, x.recomputed
  FROM quota_windows w JOIN accounts a ON a.id = w.account_id
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.units) FILTER (WHERE l.change = 'keep'), 0) AS used,
      coalesce(sum(l.units) FILTER (WHERE l.change = 'reserve'), 0)
        - coalesce(sum(l.units) FILTER (WHERE l.change IN ('keep', 'give_back')), 0) AS reserved,
      coalesce(sum(l.units) FILTER (WHERE l.change = 'external'), 0) AS external,
      coalesce(sum(l.units) FILTER (WHERE l.change = 'cap'), 0) AS cap
    FROM quota_ledger l WHERE l.window_id = w.id) s
  CROSS JOIN LATERAL (VALUES ('used', w.used, s.used), ('reserved', w.reserved, s.reserved), ('external', w.external, s.external),
    ('cap', w.cap, coalesce(w.opened_with + s.cap, w.cap))) x(counter, booked, recomputed)
  WHERE x.booked <> x.recomputed AND (CAST(:account AS bigint) IS NULL OR w.account_id = :account)
  ORDER BY a.key, w.rule, w.subject, w.starts_at, x.counter""")
HELD = text("""
  WITH each_held AS (
    SELECT e.account_id, k.rule, CASE WHEN k.scope = 'account' THEN '' ELSE e.target END AS subject, k.starts,
      sum(CASE WHEN k.unit = 'person' THEN e.people ELSE 1 END) AS units
    FROM deliveries e JOIN leases l ON l.id = e.reserved_by CROSS JOIN LATERAL caps(l.caps) k
    WHERE counts_in(k.scope, e.form, e.ids) GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT w.account_id, w.rule, w.subject, w.starts_at, count(*) FROM try_outs t JOIN quota_windows w ON w.id = ANY (t.windows)
    WHERE t.state = 'calling' GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT w.account_id, w.rule, w.subject, w.starts_at, count(*) FROM replies r JOIN quota_windows w ON w.id = ANY (r.windows)
    WHERE r.state = 'calling' GROUP BY 1, 2, 3, 4
  ), held AS (
    SELECT account_id, rule, subject, starts, sum(units) AS units FROM each_held GROUP BY 1, 2, 3, 4
  ), booked AS (
    SELECT w.account_id, w.rule, w.subject, w.starts_at AS starts, w.reserved FROM quota_windows w WHERE w.reserved > 0)
  SELECT a.key AS account, rule, subject, starts AS starts_at, 'held' AS counter, coalesce(b.reserved, 0) AS booked,
    coalesce(h.units, 0) AS recomputed
  FROM held h FULL JOIN booked b USING (account_id, rule, subject, starts) JOIN accounts a ON a.id = account_id
  WHERE coalesce(h.units, 0) <> coalesce(b.reserved, 0) AND (CAST(:account AS bigint) IS NULL OR account_id = :account)
  ORDER BY 1, 2, 3, 4""")
WINDOWS = text("SELECT count(*) FROM quota_windows w WHERE CAST(:account AS bigint) IS NULL OR w.account_id = :account")


@dataclass(frozen=True, slots=True)
class Difference:
    """A counter that says something else than its lines. ``counter``: used, reserved, external or cap; held: reserved units
    against what deliveries hold."""

    account: str
    rule: str
    subject: str
    starts_at: datetime
    counter: str
    booked: int
    recomputed: int


@dataclass(frozen=True, slots=True)
class Verified:
    """How many windows were recomputed, and every difference."""

    windows: int
    differences: list[Difference]


def verify(actor: Actor, key: str | None = None) -> Verified:
    """Recompute every window from its lines, of one account or of all. NotFound."""
    actor.need("see_accounts")
    values = {"account": account_by_key(key).id if key else None}
    found = [
        Difference(**{**row, "booked": int(row["booked"]), "recomputed": int(row["recomputed"])})
        for query in (RECOMPUTED, HELD)
        for row in db.session.execute(query, values).mappings()
    ]
    return Verified(int(db.session.execute(WINDOWS, values).scalar_one()), found)
