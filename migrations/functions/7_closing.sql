-- A cap is in the way of all due deliveries of a dispatch until p_until: those that may wait do, the others are skipped.
-- A repeat of what may be out is never skipped: it waits, at most until its key is too old.
CREATE OR REPLACE FUNCTION put_off(p_dispatch bigint, p_now timestamptz, p_until timestamptz, p_code text, p_reason text) RETURNS int LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE FUNCTION close_due(p_dispatch bigint, p_state text, p_code text, p_reason text) RETURNS int LANGUAGE plpgsql AS $$
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
-- in a transaction that commits meanwhile is seen. One that somebody has stopped sleeps until its deadline: who lets it go
-- on wakes it, after that lock.
CREATE OR REPLACE FUNCTION rest_dispatch(p_dispatch bigint, p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE v_next timestamptz; v_deadline timestamptz; v_account bigint;
BEGIN
  SELECT d.account_id INTO v_account FROM dispatches d WHERE d.id = p_dispatch FOR UPDATE;
  SELECT CASE WHEN min(e.due_at) IS NOT NULL THEN greatest(min(e.due_at), p_now) END INTO v_next FROM deliveries e WHERE e.dispatch_id = p_dispatch AND e.state = 'due';
  SELECT greatest(c.due_at + c.max_lateness, p_now) INTO v_deadline FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id WHERE d.id = p_dispatch;
  IF v_next IS NOT NULL THEN v_next := CASE WHEN is_stopped(v_account) THEN v_deadline ELSE least(v_next, v_deadline) END; END IF;
  UPDATE dispatches SET wake_at = v_next WHERE id = p_dispatch AND wake_at IS DISTINCT FROM v_next;
  RETURN v_next;
END $$;

-- A part of a lease goes back as it was, the rest of it is still on its way: news as for settle_deliveries, the lease lives on.
CREATE OR REPLACE FUNCTION hand_back(p_lease bigint, p_now timestamptz, p_news jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_count int;
BEGIN
  PERFORM 1 FROM leases l WHERE l.id = p_lease AND l.closed_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  v_count := settle_deliveries(p_lease, p_now, p_news);
  UPDATE leases SET closed_at = NULL WHERE id = p_lease;
  RETURN v_count;
END $$;
