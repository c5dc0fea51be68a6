-- Move reserved units of deliveries: 'keep' makes them used, 'give_back' frees them; those in the windows p_but stay reserved.
-- The deliveries must be locked, and the caller sets reserved_by in its own update. In a rolling window a repeat takes its unit along:
-- wherever it went out, it still counts when the earlier grain counts no more.
CREATE OR REPLACE FUNCTION move_quota(p_ids bigint[], p_change text, p_reason text, p_but jsonb DEFAULT '[]') RETURNS void LANGUAGE sql AS $$
  WITH moved AS (
    SELECT e.account_id, k.rule, k.starts, CASE WHEN k.scope = 'account' THEN '' ELSE e.target END AS subject, l.id AS lease_id, l.dispatch_id,
           CASE WHEN k.span IS NOT NULL AND EXISTS (SELECT 1 FROM caps(p_but) b WHERE b.rule = k.rule) THEN 'give_back' ELSE p_change END AS change,
           sum(CASE WHEN k.unit = 'person' THEN e.people ELSE 1 END)::int AS units
    FROM deliveries e JOIN leases l ON l.id = e.reserved_by CROSS JOIN LATERAL caps(l.caps) k
    WHERE e.id = ANY (p_ids) AND counts_in(k.scope, e.form, e.ids)
      AND NOT EXISTS (SELECT 1 FROM caps(p_but) b WHERE b.rule = k.rule AND b.starts = k.starts)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  ), locked AS (
    SELECT w.id, w.account_id, w.rule, w.subject, w.starts_at FROM quota_windows w
    WHERE (w.account_id, w.rule, w.subject, w.starts_at) IN (SELECT m.account_id, m.rule, m.subject, m.starts FROM moved m WHERE m.units > 0)
    ORDER BY w.subject <> '', w.rule, w.subject, w.starts_at FOR UPDATE
  ), lines AS (
    SELECT o.id, m.change, m.units, m.dispatch_id, m.lease_id FROM moved m JOIN locked o
      ON o.account_id = m.account_id AND o.rule = m.rule AND o.subject = m.subject AND o.starts_at = m.starts
    WHERE m.units > 0
  ), changed AS (
    UPDATE quota_windows w SET reserved = w.reserved - x.units, used = w.used + x.kept
    FROM (SELECT id, sum(units)::int AS units, coalesce(sum(units) FILTER (WHERE change = 'keep'), 0)::int AS kept FROM lines GROUP BY id) x WHERE w.id = x.id
  )
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, lease_id, reason)
  SELECT id, change, units, dispatch_id, lease_id, p_reason FROM lines;
$$;

-- Units sent outside the product, in the window that held them. A line that is known by its p_ref already is not noted again.
CREATE OR REPLACE FUNCTION note_external(p_account bigint, p_cap jsonb, p_subject text, p_units int, p_source text, p_reason text,
                                         p_ref text, p_member bigint, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE w record;
BEGIN
  PERFORM lock_quota(p_account);
  IF EXISTS (SELECT 1 FROM quota_ledger l WHERE l.ref = p_ref) THEN RETURN 0; END IF;
  SELECT r.* INTO w FROM caps(jsonb_build_array(p_cap)) k CROSS JOIN LATERAL window_room(p_account, k, p_subject) r;
  UPDATE quota_windows q SET external = q.external + p_units WHERE q.id = w.window_id;
  INSERT INTO quota_ledger (window_id, change, units, source, reason, ref, member_id, happened_at)
    VALUES (w.window_id, 'external', p_units, p_source, p_reason, p_ref, p_member, p_at);
  RETURN p_units;
END $$;

-- The platform says that a cap is used up though our books show room: the difference was sent outside the product.
CREATE OR REPLACE FUNCTION note_used_up(p_account bigint, p_cap jsonb, p_subject text, p_reason text, p_now timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE w record;
BEGIN
  PERFORM lock_quota(p_account);
  SELECT r.* INTO w FROM caps(jsonb_build_array(p_cap)) k CROSS JOIN LATERAL window_room(p_account, k, p_subject) r;
  IF w.room > 0 THEN
    UPDATE quota_windows q SET external = q.external + w.room WHERE q.id = w.window_id;
    INSERT INTO quota_ledger (window_id, change, units, source, reason, happened_at) VALUES (w.window_id, 'external', w.room, 'platform', p_reason, p_now);
  END IF;
  RETURN w.room;
END $$;
