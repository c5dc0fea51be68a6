-- Leases whose worker did not come back in time. Where the platform dedupes on our key, and still will, the delivery is due
-- again with its quota held; otherwise nobody can know, and it is unknown (and looked up, where the channel can).
-- Three crashes on the same delivery set it aside, and nothing but a person's word sends it again: it may be what kills workers.
CREATE OR REPLACE FUNCTION expire_leases(p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_leases bigint[]; v_count int := 0; v_late int;
BEGIN
  SELECT array_agg(x.id) INTO v_leases FROM (SELECT l.id FROM leases l
    WHERE l.closed_at IS NULL AND l.until < p_now ORDER BY l.id LIMIT 100 FOR UPDATE SKIP LOCKED) x;
  IF v_leases IS NOT NULL THEN
    UPDATE leases SET closed_at = p_now WHERE id = ANY (v_leases);
    UPDATE deliveries e SET fence = NULL, crashes = e.crashes + 1, state = CASE WHEN x.again THEN 'due' ELSE 'unknown' END,
      due_at = CASE WHEN x.again THEN p_now ELSE e.due_at END, unknown = CASE WHEN x.again THEN 0 ELSE e.people END,
      poll_at = CASE WHEN NOT x.again AND x.repeat_by = 'lookup' AND e.crashes < 2 THEN p_now + interval '30 seconds' END,
      code = CASE WHEN e.crashes >= 2 THEN 'set_aside' ELSE 'worker_lost' END,
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
      AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = d.campaign_id AND c.state IN ('released', 'cancelled'));  -- of a cancelled one it is closed
  END IF;
  RETURN v_count + v_late;
END $$;
