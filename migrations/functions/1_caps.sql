-- The delivery engine's few statements that must be one transaction and fast. All run as the caller, under its policies.
-- Locks are taken in this order: campaign and account (shared), deliveries by id, the account's quota, quota windows (account's,
-- recipients'), dispatch.
-- Outboxes grow by the hundred thousand between two ANALYZEs, so no plan may hang on statistics: rows are joined by their ids, one
-- look-up each, and the functions that do it forbid sequential scans.

-- since: what ended by then counts no more. span: of a rolling window, how long a unit counts after its grain. resets: when to ask again.
DROP TYPE IF EXISTS cap CASCADE;  -- and the functions that speak of it: all are made again here
CREATE TYPE cap AS (rule text, scope text, unit text, amount int, starts timestamptz, ends timestamptz,
  since timestamptz, span interval, resets timestamptz);

CREATE OR REPLACE FUNCTION caps(p_caps jsonb) RETURNS SETOF cap LANGUAGE sql IMMUTABLE ROWS 4 AS
  $$ SELECT c.rule, c.scope, c.unit, c.amount, c.starts, c.ends, coalesce(c.since, c.starts), c.span, coalesce(c.resets, c.ends)
     FROM jsonb_to_recordset(p_caps) AS c(rule text, scope text, unit text, amount int, starts timestamptz, ends timestamptz,
       since timestamptz, span interval, resets timestamptz) $$;

-- Caps per recipient or group count only where a delivery is for one: inside a batch or an audience of all the platform keeps them.
CREATE OR REPLACE FUNCTION counts_in(p_scope text, p_form text, p_ids jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT p_scope = 'account' OR (p_form = 'ids' AND p_ids IS NULL) $$;

-- Whoever takes units of an account waits here: what still counts may stand in several windows (grains of a rolling one, days of
-- an earlier zone, a clock that was stepped back), and their sum must not grow between reading and taking.
CREATE OR REPLACE FUNCTION lock_quota(p_account bigint) RETURNS void LANGUAGE sql VOLATILE AS
  $$ SELECT pg_advisory_xact_lock(hashtextextended('quota', p_account)) $$;

-- A clock that was stepped back does not bring back a window that was over: units count in the later one that is open already.
CREATE OR REPLACE FUNCTION caps_ahead(p_account bigint, p_caps jsonb, p_now timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN count(w.starts_at) = 0 THEN p_caps ELSE
    jsonb_agg(c.one || CASE WHEN w.starts_at IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('starts', w.starts_at, 'ends', w.ends_at,
      'since', coalesce(c.one ->> 'since', c.one ->> 'starts'), 'resets', c.one ->> 'ends') END) END
  FROM jsonb_array_elements(p_caps) c(one) LEFT JOIN LATERAL (
    SELECT q.starts_at, q.ends_at FROM quota_windows q
    WHERE q.account_id = p_account AND q.rule = c.one ->> 'rule' AND q.subject = ''
      AND q.starts_at > (c.one ->> 'starts')::timestamptz AND q.starts_at <= p_now + interval '1 hour'
    ORDER BY q.starts_at DESC LIMIT 1) w ON true
$$;

-- Lock (and make) one window; how many units are still free in it. The account's quota must be locked.
CREATE OR REPLACE FUNCTION window_room(p_account bigint, p_cap cap, p_subject text, OUT window_id bigint, OUT room int) LANGUAGE plpgsql AS $$
DECLARE w record; v_cap int;
BEGIN
  SELECT q.id, q.cap, q.used + q.reserved AS taken INTO w FROM quota_windows q
    WHERE q.account_id = p_account AND q.rule = p_cap.rule AND q.subject = p_subject AND q.starts_at = p_cap.starts FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO quota_windows (account_id, rule, subject, starts_at, ends_at, cap, opened_with)
    VALUES (p_account, p_cap.rule, p_subject, p_cap.starts, p_cap.ends, p_cap.amount, p_cap.amount) RETURNING id INTO window_id;
  ELSE
    window_id := w.id;
    v_cap := greatest(p_cap.amount, w.taken);
    IF v_cap <> w.cap THEN
      UPDATE quota_windows SET cap = v_cap WHERE id = w.id;
      INSERT INTO quota_ledger (window_id, change, units) VALUES (w.id, 'cap', v_cap - w.cap);
    END IF;
  END IF;
  SELECT greatest(p_cap.amount - coalesce(sum(q.used + q.reserved + q.external), 0), 0) INTO room FROM quota_windows q
    WHERE q.account_id = p_account AND q.rule = p_cap.rule AND q.subject = p_subject AND q.ends_at > p_cap.since;
END $$;

-- When there may be room for so many units: the next window of the calendar, or when enough have left a rolling one.
CREATE OR REPLACE FUNCTION room_again(p_account bigint, p_cap cap, p_subject text, p_units int) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_cap.span IS NULL THEN p_cap.resets ELSE greatest(p_cap.resets, coalesce(min(x.ends_at) FILTER (WHERE x.rest + p_units <= p_cap.amount),
      max(x.ends_at)) + p_cap.span) END
  FROM (
    SELECT q.ends_at, sum(q.used + q.reserved + q.external) OVER () - sum(q.used + q.reserved + q.external) OVER (ORDER BY q.ends_at) AS rest
    FROM quota_windows q WHERE p_cap.span IS NOT NULL
      AND q.account_id = p_account AND q.rule = p_cap.rule AND q.subject = p_subject AND q.ends_at > p_cap.since
  ) x
$$;

-- Whether a lease has reserved in this very window: a repeat is not charged twice for it, and is charged for a later one.
CREATE OR REPLACE FUNCTION holds(p_lease bigint, p_cap cap) RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT EXISTS (SELECT 1 FROM leases l CROSS JOIN LATERAL caps(l.caps) k
                    WHERE l.id = p_lease AND k.rule = p_cap.rule AND k.starts = p_cap.starts) $$;

-- Whether what it has reserved counts at this moment already, be it in an earlier window: then a repeat takes no room.
CREATE OR REPLACE FUNCTION counted(p_lease bigint, p_cap cap) RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT EXISTS (SELECT 1 FROM leases l CROSS JOIN LATERAL caps(l.caps) k
                    WHERE l.id = p_lease AND k.rule = p_cap.rule AND k.ends > p_cap.since) $$;
