-- Move reserved units of deliveries: 'keep' makes them used, 'give_back' frees them; those in the windows p_but stay reserved.
-- The deliveries must be locked, and the caller sets reserved_by in its own update.
CREATE OR REPLACE FUNCTION move_quota(p_ids bigint[], p_change text, p_reason text, p_but jsonb DEFAULT '[]') RETURNS void LANGUAGE sql AS $$
  WITH moved AS (
    SELECT e.account_id, k.rule, k.starts, CASE WHEN k.scope = 'account' THEN '' ELSE e.target END AS subject, l.id AS lease_id, l.dispatch_id,
           sum(CASE WHEN k.unit = 'person' THEN e.people ELSE 1 END)::int AS units
    FROM deliveries e JOIN leases l ON l.id = e.reserved_by CROSS JOIN LATERAL caps(l.caps) k
    WHERE e.id = ANY (p_ids) AND counts_in(k.scope, e.form, e.ids)
      AND NOT EXISTS (SELECT 1 FROM caps(p_but) b WHERE b.rule = k.rule AND b.starts = k.starts)
    GROUP BY 1, 2, 3, 4, 5, 6
  ), locked AS (
    SELECT w.id, w.account_id, w.rule, w.subject, w.starts_at FROM quota_windows w
    WHERE (w.account_id, w.rule, w.subject, w.starts_at) IN (SELECT m.account_id, m.rule, m.subject, m.starts FROM moved m WHERE m.units > 0)
    ORDER BY w.subject <> '', w.rule, w.subject, w.starts_at FOR UPDATE
  ), lines AS (
    SELECT o.id, m.units, m.dispatch_id, m.lease_id FROM moved m JOIN locked o
      ON o.account_id = m.account_id AND o.rule = m.rule AND o.subject = m.subject AND o.starts_at = m.starts
    WHERE m.units > 0
  ), changed AS (
    UPDATE quota_windows w SET reserved = w.reserved - x.units, used = w.used + CASE WHEN p_change = 'keep' THEN x.units ELSE 0 END
    FROM (SELECT id, sum(units)::int AS units FROM lines GROUP BY id) x WHERE w.id = x.id
  )
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, lease_id, reason)
  SELECT id, p_change, units, dispatch_id, lease_id, p_reason FROM lines;
$$;
