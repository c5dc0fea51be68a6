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
-- in a transaction that commits meanwhile is seen.
CREATE OR REPLACE FUNCTION rest_dispatch(p_dispatch bigint, p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE v_next timestamptz; v_deadline timestamptz;
BEGIN
  PERFORM 1 FROM dispatches WHERE id = p_dispatch FOR UPDATE;
  SELECT greatest(min(e.due_at), p_now) INTO v_next FROM deliveries e WHERE e.dispatch_id = p_dispatch AND e.state = 'due';
  SELECT c.due_at + c.max_lateness INTO v_deadline FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id WHERE d.id = p_dispatch;
  UPDATE dispatches SET wake_at = least(v_next, CASE WHEN v_next IS NOT NULL THEN greatest(v_deadline, p_now) END) WHERE id = p_dispatch
    AND wake_at IS DISTINCT FROM least(v_next, CASE WHEN v_next IS NOT NULL THEN greatest(v_deadline, p_now) END);
  RETURN v_next;
END $$;
