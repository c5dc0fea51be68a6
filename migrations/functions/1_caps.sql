-- The delivery engine's few statements that must be one transaction and fast. All run as the caller, under its policies.
-- Locks are taken in this order: campaign and account (shared), deliveries by id, quota windows (account's, recipients'), dispatch.
-- Outboxes grow by the hundred thousand between two ANALYZEs, so no plan may hang on statistics: rows are joined by their ids, one
-- look-up each, and the functions that do it forbid sequential scans.

DROP TYPE IF EXISTS cap CASCADE;  -- and the functions that speak of it: all are made again here
CREATE TYPE cap AS (rule text, scope text, unit text, amount int, starts timestamptz, ends timestamptz);

CREATE OR REPLACE FUNCTION caps(p_caps jsonb) RETURNS SETOF cap LANGUAGE sql IMMUTABLE ROWS 4 AS
  $$ SELECT c.rule, c.scope, c.unit, c.amount, c.starts, c.ends
     FROM jsonb_to_recordset(p_caps) AS c(rule text, scope text, unit text, amount int, starts timestamptz, ends timestamptz) $$;

-- Caps per recipient or group count only where a delivery is for one: inside a batch or an audience of all the platform keeps them.
CREATE OR REPLACE FUNCTION counts_in(p_scope text, p_form text, p_ids jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT p_scope = 'account' OR (p_form = 'ids' AND p_ids IS NULL) $$;

-- Lock (and make) one window; how many units are still free in it.
CREATE OR REPLACE FUNCTION window_room(p_account bigint, p_cap cap, p_subject text, OUT window_id bigint, OUT room int) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO quota_windows AS w (account_id, rule, subject, starts_at, ends_at, cap)
  VALUES (p_account, p_cap.rule, p_subject, p_cap.starts, p_cap.ends, p_cap.amount)
  ON CONFLICT (account_id, rule, subject, starts_at) DO UPDATE SET cap = greatest(p_cap.amount, w.used + w.reserved)
  RETURNING w.id, least(w.cap, p_cap.amount) - w.used - w.reserved - w.external INTO window_id, room;
  room := greatest(room, 0);
END $$;

-- Whether a lease has reserved in this very window: a repeat is not charged twice for it, and is charged for a later one.
CREATE OR REPLACE FUNCTION holds(p_lease bigint, p_cap cap) RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT EXISTS (SELECT 1 FROM leases l CROSS JOIN LATERAL caps(l.caps) k
                    WHERE l.id = p_lease AND k.rule = p_cap.rule AND k.starts = p_cap.starts) $$;
