-- The delivery engine's few statements that must be one transaction and fast. All run as the caller, under its policies.
-- Locks are taken in this order: campaign and account (shared), deliveries by id, quota windows (account's, recipients'), dispatch.
-- Outboxes grow by the hundred thousand between two ANALYZEs, so no plan may hang on statistics: rows are joined by their ids, one
-- look-up each, and the functions that do it forbid sequential scans.

CREATE TYPE cap AS (rule text, scope text, unit text, amount int, starts timestamptz, ends timestamptz);

CREATE FUNCTION caps(p_caps jsonb) RETURNS SETOF cap LANGUAGE sql IMMUTABLE ROWS 4 AS
  $$ SELECT c.rule, c.scope, c.unit, c.amount, c.starts, c.ends
     FROM jsonb_to_recordset(p_caps) AS c(rule text, scope text, unit text, amount int, starts timestamptz, ends timestamptz) $$;

-- Caps per recipient or group count only where a delivery is for one: inside a batch or an audience of all the platform keeps them.
CREATE FUNCTION counts_in(p_scope text, p_form text, p_ids jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT p_scope = 'account' OR (p_form = 'ids' AND p_ids IS NULL) $$;

-- Lock (and make) one window; how many units are still free in it.
CREATE FUNCTION window_room(p_account bigint, p_cap cap, p_subject text, OUT window_id bigint, OUT room int) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO quota_windows AS w (account_id, rule, subject, starts_at, ends_at, cap)
  VALUES (p_account, p_cap.rule, p_subject, p_cap.starts, p_cap.ends, p_cap.amount)
  ON CONFLICT (account_id, rule, subject, starts_at) DO UPDATE SET cap = greatest(p_cap.amount, w.used + w.reserved)
  RETURNING w.id, least(w.cap, p_cap.amount) - w.used - w.reserved - w.external INTO window_id, room;
  room := greatest(room, 0);
END $$;

-- Whether a lease has reserved in this very window: a repeat is not charged twice for it, and is charged for a later one.
CREATE FUNCTION holds(p_lease bigint, p_cap cap) RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT EXISTS (SELECT 1 FROM leases l CROSS JOIN LATERAL caps(l.caps) k
                    WHERE l.id = p_lease AND k.rule = p_cap.rule AND k.starts = p_cap.starts) $$;

CREATE FUNCTION may_send(p_dispatch bigint, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE d dispatches;
BEGIN
  SELECT * INTO d FROM dispatches WHERE id = p_dispatch AND stopped_at IS NULL;
  PERFORM 1 FROM campaigns c WHERE c.id = d.campaign_id AND c.state = 'released' AND c.digest = c.approved_digest AND c.due_at <= p_now FOR SHARE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM 1 FROM accounts a WHERE a.id = d.account_id AND a.status <> 'stopped' FOR SHARE;
  IF NOT FOUND THEN RETURN false; END IF;
  RETURN NOT EXISTS (SELECT 1 FROM tenants t WHERE t.stopped_at IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM accounts a JOIN clients k ON k.id = a.client_id WHERE a.id = d.account_id AND k.stopped_at IS NOT NULL);
END $$;

-- Claim up to p_limit due deliveries of a dispatch, reserve their quota and lease them, all or nothing.
-- Gives the claimed rows; or one row with the cap in the way (blocked, resets_at) and nothing claimed; or nothing.
CREATE FUNCTION claim_deliveries(p_dispatch bigint, p_now timestamptz, p_limit int, p_lease interval, p_worker text, p_caps jsonb, p_after bigint)
RETURNS TABLE (lease bigint, blocked text, resets_at timestamptz, id bigint, key text, target text, form text, ids jsonb,
               fields jsonb, people int, attempts int, started_at timestamptz, receipt jsonb, held boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_repeat interval; v_account bigint; v_ids bigint[]; v_by bigint[]; v_people int[]; v_held bigint[]; v_n int; v_sum int; v_lease bigint;
  c cap; w record;
BEGIN
  IF NOT may_send(p_dispatch, p_now) THEN RETURN; END IF;
  SELECT d.account_id, make_interval(secs => d.repeat_seconds * 0.9) INTO v_account, v_repeat FROM dispatches d WHERE d.id = p_dispatch;
  SELECT array_agg(x.id ORDER BY x.id), array_agg(x.reserved_by ORDER BY x.id), array_agg(x.people ORDER BY x.id)
    INTO v_ids, v_by, v_people
  FROM (SELECT e.id, e.reserved_by, e.people FROM deliveries e
        WHERE e.dispatch_id = p_dispatch AND e.state = 'due' AND e.due_at <= p_now AND e.id > p_after
          AND (e.reserved_by IS NULL OR e.started_at + v_repeat > p_now)
        ORDER BY e.id LIMIT p_limit FOR UPDATE SKIP LOCKED) x;
  v_n := coalesce(cardinality(v_ids), 0);
  IF v_n = 0 THEN RETURN; END IF;

  FOR c IN SELECT * FROM caps(p_caps) k WHERE k.scope = 'account' ORDER BY k.rule LOOP
    SELECT * INTO w FROM window_room(v_account, c, '');
    v_sum := 0;
    FOR i IN 1..v_n LOOP
      v_sum := v_sum + CASE WHEN v_by[i] IS NOT NULL AND holds(v_by[i], c) THEN 0 WHEN c.unit = 'person' THEN v_people[i] ELSE 1 END;
      IF v_sum > w.room THEN v_n := i - 1; EXIT; END IF;
    END LOOP;
    IF v_n = 0 THEN
      RETURN QUERY SELECT NULL::bigint, c.rule, c.ends, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::jsonb, NULL::jsonb,
        NULL::int, NULL::int, NULL::timestamptz, NULL::jsonb, NULL::boolean;
      RETURN;
    END IF;
  END LOOP;
  v_ids := v_ids[1:v_n];
  IF EXISTS (SELECT 1 FROM caps(p_caps) k WHERE k.scope = 'target') THEN
    v_ids := claim_targets(v_account, p_caps, v_ids, p_now);
    IF cardinality(v_ids) = 0 THEN RETURN; END IF;
  END IF;

  INSERT INTO leases (dispatch_id, worker, rows, caps, taken_at, until)
    VALUES (p_dispatch, p_worker, cardinality(v_ids), p_caps, p_now, p_now + p_lease) RETURNING leases.id INTO v_lease;
  PERFORM reserve(v_account, p_dispatch, v_lease, p_caps, v_ids);
  SELECT array_agg(e.id) INTO v_held FROM deliveries e WHERE e.id = ANY (v_ids) AND e.reserved_by IS NOT NULL;
  IF v_held IS NOT NULL THEN PERFORM move_quota(v_held, 'keep', 'repeated in a later window', p_caps); END IF;
  RETURN QUERY UPDATE deliveries e SET state = 'sending', fence = v_lease, attempts = e.attempts + 1,
      started_at = coalesce(e.started_at, p_now), poll_at = NULL, reserved_by = v_lease
    WHERE e.id = ANY (v_ids)
    RETURNING v_lease, NULL::text, NULL::timestamptz, e.id, e.key, e.target, e.form, e.ids, e.fields, e.people, e.attempts, e.started_at, e.receipt, coalesce(e.id = ANY (v_held), false);
END $$;

-- Of the candidates, those whose own target has room; the others are put off to when it has.
CREATE FUNCTION claim_targets(p_account bigint, p_caps jsonb, p_ids bigint[], p_now timestamptz) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE c cap; e record; w record; v_ids bigint[] := p_ids;
BEGIN
  FOR c IN SELECT * FROM caps(p_caps) k WHERE k.scope = 'target' ORDER BY k.rule LOOP
    FOR e IN SELECT x.id, x.target, x.people, x.reserved_by FROM deliveries x
             WHERE x.id = ANY (v_ids) AND counts_in(c.scope, x.form, x.ids) ORDER BY x.target LOOP
      SELECT * INTO w FROM window_room(p_account, c, e.target);
      IF (e.reserved_by IS NULL OR NOT holds(e.reserved_by, c)) AND w.room < (CASE WHEN c.unit = 'person' THEN e.people ELSE 1 END) THEN
        v_ids := array_remove(v_ids, e.id);
        UPDATE deliveries SET due_at = c.ends, code = 'exhausted', reason = c.rule WHERE id = e.id;
      END IF;
    END LOOP;
  END LOOP;
  RETURN v_ids;
END $$;

-- Take the units. The CHECK on quota_windows is the last word: a mistake above it is an error here, never a send too many.
CREATE FUNCTION reserve(p_account bigint, p_dispatch bigint, p_lease bigint, p_caps jsonb, p_ids bigint[]) RETURNS void
LANGUAGE sql AS $$
  WITH wanted AS (
    SELECT k.rule, k.starts, CASE WHEN k.scope = 'account' THEN '' ELSE e.target END AS subject,
           sum(CASE WHEN k.unit = 'person' THEN e.people ELSE 1 END)::int AS units
    FROM deliveries e CROSS JOIN caps(p_caps) k
    WHERE e.id = ANY (p_ids) AND (e.reserved_by IS NULL OR NOT holds(e.reserved_by, k)) AND counts_in(k.scope, e.form, e.ids) GROUP BY 1, 2, 3
  ), taken AS (
    UPDATE quota_windows w SET reserved = w.reserved + x.units FROM wanted x
    WHERE w.account_id = p_account AND w.rule = x.rule AND w.subject = x.subject AND w.starts_at = x.starts AND x.units > 0
    RETURNING w.id, x.units
  )
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, lease_id)
  SELECT id, 'reserve', units, p_dispatch, p_lease FROM taken;
$$;

-- Move reserved units of deliveries: 'keep' makes them used, 'give_back' frees them; those in the windows p_but stay reserved.
-- The deliveries must be locked, and the caller sets reserved_by in its own update.
CREATE FUNCTION move_quota(p_ids bigint[], p_change text, p_reason text, p_but jsonb DEFAULT '[]') RETURNS void LANGUAGE sql AS $$
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

-- What is written of a delivery; a, d, f, s, u, w: accepted, delivered, failed, skipped, unknown, awaiting (people).
CREATE TYPE delivery_news AS (id bigint, state text, quota text, due timestamptz, poll timestamptz, ref text, receipt jsonb,
  code text, reason text, until timestamptz, a int, d int, f int, s int, u int, w int);

-- News from JSON, by id, so that locks are taken in that order; what a row does not name has the value given here.
CREATE FUNCTION news(p_news jsonb) RETURNS delivery_news[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT array_agg(r ORDER BY r.id) FROM jsonb_populate_recordset(
       (NULL, 'due', 'hold', NULL, NULL, NULL, NULL, '', '', NULL, 0, 0, 0, 0, 0, 0)::delivery_news, p_news) r $$;

-- Write the outcomes of one lease in bulk. Rows that the lease no longer holds are left alone: another has taken them.
-- quota: keep | give_back | hold. Gives the number of rows that were still ours.
CREATE FUNCTION settle_deliveries(p_lease bigint, p_now timestamptz, p_news jsonb) RETURNS int LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE v_news delivery_news[]; v_keep bigint[]; v_back bigint[]; v_count int;
BEGIN
  PERFORM 1 FROM leases l WHERE l.id = p_lease AND l.closed_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  UPDATE leases SET closed_at = p_now WHERE id = p_lease;
  SELECT array_agg(r), array_agg(r.id) FILTER (WHERE r.quota = 'keep'), array_agg(r.id) FILTER (WHERE r.quota = 'give_back')
    INTO v_news, v_keep, v_back
  FROM unnest(news(p_news)) r
  CROSS JOIN LATERAL (SELECT 1 FROM deliveries e WHERE e.id = r.id AND e.fence = p_lease AND e.state = 'sending' FOR UPDATE) mine;
  IF v_keep IS NOT NULL THEN PERFORM move_quota(v_keep, 'keep', ''); END IF;
  IF v_back IS NOT NULL THEN PERFORM move_quota(v_back, 'give_back', ''); END IF;
  UPDATE deliveries e SET state = r.state, fence = NULL, due_at = coalesce(r.due, e.due_at), poll_at = r.poll,
    started_at = CASE WHEN r.state = 'due' AND r.quota = 'give_back' THEN NULL ELSE e.started_at END,
    reserved_by = CASE WHEN r.quota = 'hold' THEN e.reserved_by END,
    ref = coalesce(r.ref, e.ref), receipt = coalesce(r.receipt, e.receipt), code = r.code, reason = r.reason, awaiting_until = r.until,
    accepted_at = CASE WHEN r.a > 0 THEN coalesce(e.accepted_at, p_now) ELSE e.accepted_at END,
    accepted = r.a, delivered = r.d, failed = r.f, skipped = r.s, unknown = r.u, awaiting = r.w
  FROM unnest(v_news) r WHERE e.id = r.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  UPDATE dispatches d SET wake_at = least(d.wake_at, x.due) FROM (
    SELECT e.dispatch_id, min(e.due_at) AS due FROM unnest(v_news) r JOIN deliveries e ON e.id = r.id WHERE r.state = 'due' GROUP BY 1 ORDER BY 1
  ) x WHERE d.id = x.dispatch_id;
  RETURN v_count;
END $$;

-- Write what has become known of deliveries past sending (progress, lookup, a person's word), in bulk; only rows in one of
-- the states p_from are touched. What was taken back stays so, only its counts go on. p_totals: the news are a platform's
-- totals, which only grow: an older answer that comes late is passed over.
CREATE FUNCTION progress_deliveries(p_now timestamptz, p_from text[], p_news jsonb, p_totals boolean DEFAULT false) RETURNS int LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE v_news delivery_news[]; v_keep bigint[]; v_back bigint[]; v_count int;
BEGIN
  SELECT array_agg(r), array_agg(r.id) FILTER (WHERE r.quota = 'keep'), array_agg(r.id) FILTER (WHERE r.quota = 'give_back')
    INTO v_news, v_keep, v_back
  FROM unnest(news(p_news)) r
  CROSS JOIN LATERAL (SELECT 1 FROM deliveries e WHERE e.id = r.id AND e.state = ANY (p_from)
    AND (NOT p_totals OR r.state NOT IN ('accepted', 'awaiting') OR r.d + r.f + r.s >= e.delivered + e.failed + e.skipped) FOR UPDATE) mine;
  IF v_keep IS NOT NULL THEN PERFORM move_quota(v_keep, 'keep', 'progress'); END IF;
  IF v_back IS NOT NULL THEN PERFORM move_quota(v_back, 'give_back', 'progress'); END IF;
  UPDATE deliveries e SET state = CASE WHEN e.state = 'recalled' THEN e.state ELSE r.state END, due_at = coalesce(r.due, e.due_at), poll_at = r.poll,
    started_at = CASE WHEN r.state = 'due' AND r.quota = 'give_back' THEN NULL ELSE e.started_at END,
    reserved_by = CASE WHEN r.quota = 'hold' THEN e.reserved_by END,
    polls = CASE WHEN r.poll IS NULL THEN 0 ELSE e.polls + 1 END,
    ref = coalesce(r.ref, e.ref), receipt = coalesce(r.receipt, e.receipt), code = r.code, reason = r.reason, awaiting_until = r.until,
    accepted_at = CASE WHEN r.a > 0 THEN coalesce(e.accepted_at, p_now) ELSE e.accepted_at END,
    accepted = r.a, delivered = r.d, failed = r.f, skipped = r.s, unknown = r.u, awaiting = r.w
  FROM unnest(v_news) r WHERE e.id = r.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  UPDATE dispatches d SET wake_at = least(d.wake_at, x.due) FROM (
    SELECT e.dispatch_id, min(e.due_at) AS due FROM unnest(v_news) r JOIN deliveries e ON e.id = r.id WHERE r.state = 'due' GROUP BY 1 ORDER BY 1
  ) x WHERE d.id = x.dispatch_id;
  RETURN v_count;
END $$;

-- Leases whose worker did not come back in time. Where the platform dedupes on our key, and still will, the delivery is due
-- again with its quota held; otherwise nobody can know, and it is unknown (and looked up, where the channel can).
-- Three crashes on the same delivery set it aside: it may be what kills workers.
CREATE FUNCTION expire_leases(p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_leases bigint[]; v_count int := 0; v_late int;
BEGIN
  SELECT array_agg(x.id) INTO v_leases FROM (SELECT l.id FROM leases l
    WHERE l.closed_at IS NULL AND l.until < p_now ORDER BY l.id LIMIT 100 FOR UPDATE SKIP LOCKED) x;
  IF v_leases IS NOT NULL THEN
    UPDATE leases SET closed_at = p_now WHERE id = ANY (v_leases);
    UPDATE deliveries e SET fence = NULL, crashes = e.crashes + 1, state = CASE WHEN x.again THEN 'due' ELSE 'unknown' END,
      due_at = CASE WHEN x.again THEN p_now ELSE e.due_at END, unknown = CASE WHEN x.again THEN 0 ELSE e.people END,
      poll_at = CASE WHEN NOT x.again AND x.repeat_by = 'lookup' THEN p_now + interval '30 seconds' END, code = 'worker_lost',
      reason = CASE WHEN e.crashes >= 2 THEN 'set aside after three lost workers' ELSE 'the worker did not come back' END
    FROM (
      SELECT v.id, d.repeat_by, d.repeat_by = 'key' AND v.crashes < 2 AND p_now < v.started_at + make_interval(secs => d.repeat_seconds * 0.9) AS again
      FROM deliveries v JOIN dispatches d ON d.id = v.dispatch_id
      WHERE v.state = 'sending' AND v.fence = ANY (v_leases) ORDER BY v.id FOR UPDATE OF v
    ) x WHERE e.id = x.id;
    GET DIAGNOSTICS v_count = ROW_COUNT;
  END IF;
  UPDATE deliveries e SET state = 'unknown', unknown = e.people, code = 'repeat_too_late', reason = 'the platform no longer knows our key'
  FROM dispatches d WHERE d.id = e.dispatch_id AND d.wake_at IS NOT NULL AND d.repeat_by = 'key' AND e.state = 'due' AND e.reserved_by IS NOT NULL
    AND e.started_at + make_interval(secs => d.repeat_seconds * 0.9) <= p_now;
  GET DIAGNOSTICS v_late = ROW_COUNT;
  IF v_count > 0 THEN
    UPDATE dispatches d SET wake_at = p_now WHERE d.open_rows > 0
      AND EXISTS (SELECT 1 FROM deliveries e WHERE e.dispatch_id = d.id AND e.state = 'due' AND e.due_at <= p_now)
      AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = d.campaign_id AND c.state = 'released');
  END IF;
  RETURN v_count + v_late;
END $$;

-- A cap is in the way of all due deliveries of a dispatch until p_until: those that may wait do, the others are skipped.
-- A repeat of what may be out is never skipped: it waits, at most until its key is too old.
CREATE FUNCTION put_off(p_dispatch bigint, p_now timestamptz, p_until timestamptz, p_code text, p_reason text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_late boolean; v_count int;
BEGIN
  SELECT p_until >= c.due_at + c.max_lateness INTO v_late FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id WHERE d.id = p_dispatch;
  UPDATE deliveries e SET due_at = p_until, code = p_code, reason = p_reason,
    state = CASE WHEN v_late THEN 'skipped' ELSE 'due' END, skipped = CASE WHEN v_late THEN e.people ELSE 0 END
  WHERE e.id IN (SELECT x.id FROM deliveries x
                 WHERE x.dispatch_id = p_dispatch AND x.state = 'due' AND x.due_at <= p_now AND x.reserved_by IS NULL ORDER BY x.id FOR UPDATE);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  UPDATE deliveries e SET due_at = least(p_until, e.started_at + make_interval(secs => d.repeat_seconds * 0.9)), code = p_code, reason = p_reason
  FROM dispatches d WHERE d.id = p_dispatch AND p_until > p_now
    AND e.id IN (SELECT x.id FROM deliveries x
                 WHERE x.dispatch_id = p_dispatch AND x.state = 'due' AND x.due_at <= p_now AND x.reserved_by IS NOT NULL ORDER BY x.id FOR UPDATE);
  UPDATE dispatches SET code = p_code, reason = p_reason, next_possible_at = p_until WHERE id = p_dispatch;
  RETURN v_count;
END $$;

-- Close what a dispatch has not sent yet: too late, stopped, or its account cannot send. What may be out already (a repeat
-- by key that still waits) becomes unknown, never silently skipped.
CREATE FUNCTION close_due(p_dispatch bigint, p_state text, p_code text, p_reason text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_ids bigint[]; v_count int;
BEGIN
  SELECT array_agg(x.id) INTO v_ids FROM (SELECT e.id FROM deliveries e
    WHERE e.dispatch_id = p_dispatch AND e.state = 'due' ORDER BY e.id FOR UPDATE) x;
  UPDATE deliveries e SET poll_at = NULL, code = p_code, reason = p_reason,
    state = CASE WHEN e.reserved_by IS NULL THEN p_state ELSE 'unknown' END,
    skipped = CASE WHEN e.reserved_by IS NULL THEN e.people ELSE 0 END,
    unknown = CASE WHEN e.reserved_by IS NULL THEN 0 ELSE e.people END
  WHERE e.id = ANY (v_ids);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  -- Stopping or being late says nothing of a dispatch that had already gone out in full.
  UPDATE dispatches SET code = p_code, reason = p_reason WHERE id = p_dispatch AND (v_count > 0 OR p_code NOT IN ('cancelled', 'missed'));
  RETURN v_count;
END $$;

-- Nothing is due in this dispatch now: when to look again. The dispatch is locked first, so that a row that becomes due
-- in a transaction that commits meanwhile is seen.
CREATE FUNCTION rest_dispatch(p_dispatch bigint, p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE v_next timestamptz; v_deadline timestamptz;
BEGIN
  PERFORM 1 FROM dispatches WHERE id = p_dispatch FOR UPDATE;
  SELECT greatest(min(e.due_at), p_now) INTO v_next FROM deliveries e WHERE e.dispatch_id = p_dispatch AND e.state = 'due';
  SELECT c.due_at + c.max_lateness INTO v_deadline FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id WHERE d.id = p_dispatch;
  UPDATE dispatches SET wake_at = least(v_next, CASE WHEN v_next IS NOT NULL THEN greatest(v_deadline, p_now) END) WHERE id = p_dispatch
    AND wake_at IS DISTINCT FROM least(v_next, CASE WHEN v_next IS NOT NULL THEN greatest(v_deadline, p_now) END);
  RETURN v_next;
END $$;
