"""What must hold in the database after whatever happened: counters follow from the ledger, sums from the deliveries."""

from __future__ import annotations

from typing import LiteralString

OVER: LiteralString = "SELECT id FROM quota_windows WHERE used + reserved > cap"
COUNTERS: LiteralString = """SELECT w.id, w.used, w.reserved FROM quota_windows w LEFT JOIN quota_ledger l ON l.window_id = w.id
  GROUP BY w.id, w.tenant_id
  HAVING w.reserved <> coalesce(sum(CASE l.change WHEN 'reserve' THEN l.units WHEN 'keep' THEN -l.units
                                                  WHEN 'give_back' THEN -l.units END), 0)
      OR w.used <> coalesce(sum(l.units) FILTER (WHERE l.change = 'keep'), 0)"""
SUMS: LiteralString = """SELECT d.id FROM dispatches d LEFT JOIN deliveries e ON e.dispatch_id = d.id GROUP BY d.id
  HAVING (d.intended, d.accepted, d.delivered, d.failed, d.skipped, d.unknown, d.awaiting, d.open_rows) IS DISTINCT FROM
    (coalesce(sum(e.people), 0), coalesce(sum(e.accepted), 0), coalesce(sum(e.delivered), 0), coalesce(sum(e.failed), 0),
     coalesce(sum(e.skipped), 0), coalesce(sum(e.unknown), 0), coalesce(sum(e.awaiting), 0),
     count(*) FILTER (WHERE e.state IN ('due', 'sending')))"""
LOST: LiteralString = """SELECT id, state FROM deliveries WHERE delivered + failed + skipped + unknown + awaiting > people
  OR (state = 'sending') <> EXISTS (SELECT 1 FROM leases l WHERE l.id = fence AND l.closed_at IS NULL)"""
HELD: LiteralString = """SELECT id, state FROM deliveries
  WHERE reserved_by IS NOT NULL AND state IN ('sent', 'failed', 'skipped', 'accepted')"""
BALANCES: dict[str, LiteralString] = {
    "a counter is over its cap": OVER,
    "a counter does not follow from the ledger": COUNTERS,
    "a dispatch's sums are not those of its deliveries": SUMS,
    "a delivery counts more people than it has, or is held by nobody": LOST,
    "a delivery that is over still holds quota": HELD,
}
