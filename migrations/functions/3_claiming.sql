-- Claim up to p_limit due deliveries of a dispatch, reserve their quota and lease them, all or nothing.
-- Gives the claimed rows; or one row with the cap in the way (blocked, resets_at) and nothing claimed; or nothing.
CREATE OR REPLACE FUNCTION claim_deliveries(p_dispatch bigint, p_now timestamptz, p_limit int, p_lease interval, p_worker text, p_caps jsonb, p_after bigint)
RETURNS TABLE (lease bigint, blocked text, resets_at timestamptz, id bigint, key text, target text, form text, ids jsonb,
               fields jsonb, people int, attempts int, started_at timestamptz, receipt jsonb, held boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_repeat interval; v_account bigint; v_ids bigint[]; v_by bigint[]; v_people int[]; v_held bigint[]; v_n int; v_sum int; v_lease bigint;
  c cap; w record; v_crashes int[];
BEGIN
  IF NOT may_send(p_dispatch, p_now) THEN RETURN; END IF;
  SELECT d.account_id, make_interval(secs => d.repeat_seconds * 0.9) INTO v_account, v_repeat FROM dispatches d WHERE d.id = p_dispatch;
  SELECT array_agg(x.id ORDER BY x.id), array_agg(x.reserved_by ORDER BY x.id), array_agg(x.people ORDER BY x.id),
         CASE WHEN max(x.crashes) > 0 THEN array_agg(x.crashes ORDER BY x.id) END
    INTO v_ids, v_by, v_people, v_crashes
  FROM (SELECT e.id, e.reserved_by, e.people, e.crashes FROM deliveries e
        WHERE e.dispatch_id = p_dispatch AND e.state = 'due' AND e.due_at <= p_now AND e.id > p_after
          AND (e.reserved_by IS NULL OR e.started_at + v_repeat > p_now)
        ORDER BY e.id LIMIT p_limit FOR UPDATE SKIP LOCKED) x;
  v_n := coalesce(cardinality(v_ids), 0);
  IF v_n = 0 THEN RETURN; END IF;
  IF v_crashes IS NOT NULL THEN
    v_n := part_of_crashed(p_dispatch, v_crashes);
    IF v_n = 0 THEN RETURN; END IF;
  END IF;
  IF p_caps <> '[]' THEN
    PERFORM lock_quota(v_account);
    p_caps := caps_ahead(v_account, p_caps, p_now);
  END IF;

  FOR c IN SELECT * FROM caps(p_caps) k WHERE k.scope = 'account' ORDER BY k.rule LOOP
    SELECT * INTO w FROM window_room(v_account, c, '');
    v_sum := 0;
    FOR i IN 1..v_n LOOP
      v_sum := v_sum + CASE WHEN v_by[i] IS NOT NULL AND counted(v_by[i], c) THEN 0 WHEN c.unit = 'person' THEN v_people[i] ELSE 1 END;
      IF v_sum > w.room THEN v_n := i - 1; EXIT; END IF;
    END LOOP;
    IF v_n = 0 THEN
      RETURN QUERY SELECT NULL::bigint, c.rule, room_soon(p_dispatch, c, p_now, room_again(v_account, c, '', CASE WHEN c.unit = 'person' THEN v_people[1] ELSE 1 END)), NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::jsonb, NULL::jsonb,
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

-- Whom the next window comes too late for would be skipped; while a call on its way may still give its unit back, they ask again.
CREATE OR REPLACE FUNCTION room_soon(p_dispatch bigint, p_cap cap, p_now timestamptz, p_again timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_again >= c.due_at + c.max_lateness AND EXISTS (
      SELECT 1 FROM leases l JOIN dispatches o ON o.id = l.dispatch_id CROSS JOIN LATERAL caps(l.caps) k
      WHERE l.closed_at IS NULL AND o.account_id = d.account_id AND k.rule = p_cap.rule AND k.starts = p_cap.starts)
    THEN least(p_again, p_now + interval '1 second') ELSE p_again END
  FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id WHERE d.id = p_dispatch
$$;

-- What was in the hands of a lost worker goes in small parts, and after the second time alone: what kills workers must not take
-- others with it. How many of the candidates go, by how often each has crashed; 0: others of the dispatch are on their way still.
CREATE OR REPLACE FUNCTION part_of_crashed(p_dispatch bigint, p_crashes int[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF p_crashes[1] < 2 THEN
    RETURN (SELECT least(coalesce(min(i) - 1, cardinality(p_crashes)), CASE WHEN p_crashes[1] = 1 THEN 20 END)
            FROM generate_subscripts(p_crashes, 1) i WHERE p_crashes[i] <> p_crashes[1]);
  END IF;
  RETURN CASE WHEN EXISTS (SELECT 1 FROM leases l WHERE l.closed_at IS NULL AND l.dispatch_id = p_dispatch) THEN 0 ELSE 1 END;
END $$;

-- Of the candidates, those whose own target has room; the others are put off to when it has.
CREATE OR REPLACE FUNCTION claim_targets(p_account bigint, p_caps jsonb, p_ids bigint[], p_now timestamptz) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE c cap; e record; w record; v_ids bigint[] := p_ids;
BEGIN
  FOR c IN SELECT * FROM caps(p_caps) k WHERE k.scope = 'target' ORDER BY k.rule LOOP
    INSERT INTO quota_windows (account_id, rule, starts_at, ends_at, cap, opened_with)  -- the mark that caps_ahead goes by
      VALUES (p_account, c.rule, c.starts, c.ends, c.amount, c.amount) ON CONFLICT DO NOTHING;
    FOR e IN SELECT x.id, x.target, x.people, x.reserved_by FROM deliveries x
             WHERE x.id = ANY (v_ids) AND counts_in(c.scope, x.form, x.ids) ORDER BY x.target LOOP
      SELECT * INTO w FROM window_room(p_account, c, e.target);
      IF (e.reserved_by IS NULL OR NOT counted(e.reserved_by, c)) AND w.room < (CASE WHEN c.unit = 'person' THEN e.people ELSE 1 END) THEN
        v_ids := array_remove(v_ids, e.id);
        UPDATE deliveries SET due_at = room_again(p_account, c, e.target, CASE WHEN c.unit = 'person' THEN e.people ELSE 1 END), code = 'exhausted', reason = c.rule WHERE id = e.id;
      END IF;
    END LOOP;
  END LOOP;
  RETURN v_ids;
END $$;

-- Take the units. The CHECK on quota_windows is the last word: a mistake above it is an error here, never a send too many.
CREATE OR REPLACE FUNCTION reserve(p_account bigint, p_dispatch bigint, p_lease bigint, p_caps jsonb, p_ids bigint[]) RETURNS void
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
