-- Take one reminder of a delivery that waits for people, at most p_amount in any p_span, with its line in the ledger.
-- Each of the p_amount is a slot with windows as long as the span that begin when it is used: so the span rolls, and the
-- CHECK on quota_windows is the last word here as well. Where nothing is taken, why says: stopped, not_waiting, just_reminded (less than
-- p_gap ago), exhausted, done (this automatic one, or a later one, was taken before); free_at says when it may be had.
CREATE OR REPLACE FUNCTION take_reminder(p_delivery bigint, p_now timestamptz, p_rule text, p_amount int, p_span interval, p_gap interval,
  p_by text, p_automatic int, OUT reminder bigint, OUT why text, OUT free_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE e deliveries; v_window bigint; v_subject text; v_ends timestamptz;
BEGIN
  IF NOT coalesce(may_send((SELECT d.dispatch_id FROM deliveries d WHERE d.id = p_delivery), p_now), false) THEN why := 'stopped'; RETURN; END IF;
  SELECT * INTO e FROM deliveries d WHERE d.id = p_delivery FOR UPDATE;
  IF e.state IS DISTINCT FROM 'awaiting' OR e.awaiting_until <= p_now THEN why := 'not_waiting'; RETURN; END IF;
  IF EXISTS (SELECT 1 FROM reminders r WHERE r.delivery_id = p_delivery AND r.automatic >= p_automatic) THEN why := 'done'; RETURN; END IF;
  SELECT max(r.asked_at) + p_gap INTO free_at FROM reminders r WHERE r.delivery_id = p_delivery AND r.state <> 'refused';
  IF free_at > p_now THEN why := 'just_reminded'; RETURN; END IF;
  free_at := NULL;
  FOR i IN 1..p_amount LOOP
    v_subject := format('delivery %s reminder %s', p_delivery, i);
    SELECT max(w.ends_at) INTO v_ends FROM quota_windows w
      WHERE w.account_id = e.account_id AND w.rule = p_rule AND w.subject = v_subject AND w.used + w.reserved > 0;
    EXIT WHEN v_ends IS NULL OR v_ends <= p_now;
    free_at := least(free_at, v_ends);
    v_subject := NULL;
  END LOOP;
  IF v_subject IS NULL THEN why := 'exhausted'; RETURN; END IF;
  free_at := NULL;
  INSERT INTO quota_windows (account_id, rule, subject, starts_at, ends_at, cap, reserved)
    VALUES (e.account_id, p_rule, v_subject, p_now, p_now + p_span, 1, 1) RETURNING id INTO v_window;
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, reason) VALUES (v_window, 'reserve', 1, e.dispatch_id, 'reminder');
  INSERT INTO reminders (delivery_id, window_id, asked_by, automatic, asked_at) VALUES (p_delivery, v_window, p_by, p_automatic, p_now)
    RETURNING id INTO reminder;
END $$;

-- What became of a reminder: done and unknown have used their unit, refused gives it back. Written once.
CREATE OR REPLACE FUNCTION settle_reminder(p_reminder bigint, p_now timestamptz, p_state text, p_code text, p_reason text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE v_window bigint; v_dispatch bigint;
BEGIN
  UPDATE reminders r SET state = p_state, answered_at = p_now, code = p_code, reason = p_reason
    WHERE r.id = p_reminder AND r.state = 'calling' RETURNING r.window_id INTO v_window;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE quota_windows SET reserved = reserved - 1, used = used + CASE WHEN p_state = 'refused' THEN 0 ELSE 1 END WHERE id = v_window;
  SELECT e.dispatch_id INTO v_dispatch FROM reminders r JOIN deliveries e ON e.id = r.delivery_id WHERE r.id = p_reminder;
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, reason)
    VALUES (v_window, CASE WHEN p_state = 'refused' THEN 'give_back' ELSE 'keep' END, 1, v_dispatch, 'reminder');
  RETURN true;
END $$;
