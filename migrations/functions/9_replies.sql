-- Take one answer to be said: its unit of every window in the ledger and the state calling, or neither. Where nothing is taken, why says:
-- gone (somebody has taken it, or it is over), late (the platform's reply window is over), unapproved, stopped, exhausted (rule says of what). The
-- agency's lock of stops comes first, as in may_send.
CREATE OR REPLACE FUNCTION take_reply(p_reply bigint, p_person text, p_caps jsonb, p_now timestamptz, OUT why text, OUT rule text)
LANGUAGE plpgsql AS $$
DECLARE r replies; k record; w record; v_subject text; v_windows bigint[] := '{}';
BEGIN
  SELECT * INTO r FROM replies WHERE id = p_reply AND state = 'due' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN why := 'gone'; RETURN; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('stops', r.tenant_id));
  IF is_stopped(r.account_id) THEN why := 'stopped';
  ELSIF r.until <= p_now THEN why := 'late';
  ELSIF NOT rule_holds(r.rule_id, r.digest) THEN why := 'unapproved';
  END IF;
  IF why IS NULL THEN
    PERFORM lock_quota(r.account_id);
    FOR k IN SELECT c AS one, c.scope FROM caps(caps_ahead(r.account_id, p_caps, p_now)) c LOOP
      v_subject := CASE WHEN k.scope = 'account' THEN '' ELSE p_person END;
      SELECT * INTO w FROM window_room(r.account_id, k.one, v_subject);
      IF w.room < 1 THEN why := 'exhausted'; rule := (k.one).rule; EXIT; END IF;
      v_windows := v_windows || w.window_id;
    END LOOP;
  END IF;
  IF why IS NOT NULL THEN
    UPDATE replies x SET state = 'refused', answered_at = p_now, code = why, reason = coalesce(take_reply.rule, '') WHERE x.id = r.id;
    RETURN;
  END IF;
  UPDATE quota_windows q SET reserved = q.reserved + 1 WHERE q.id = ANY (v_windows);
  INSERT INTO quota_ledger (window_id, change, units, reason) SELECT v, 'reserve', 1, 'reply' FROM unnest(v_windows) v;
  UPDATE replies x SET state = 'calling', asked_at = p_now, windows = v_windows WHERE x.id = r.id;
END $$;

-- What became of it: done and unknown have used their unit, refused gives it back. Written once.
CREATE OR REPLACE FUNCTION settle_reply(p_reply bigint, p_now timestamptz, p_state text, p_code text, p_reason text, p_receipt jsonb DEFAULT '{}')
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE r replies; v_kept int := CASE WHEN p_state = 'refused' THEN 0 ELSE 1 END;
BEGIN
  UPDATE replies x SET state = p_state, answered_at = p_now, code = p_code, reason = p_reason, receipt = p_receipt
    WHERE x.id = p_reply AND x.state = 'calling' RETURNING * INTO r;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE quota_windows q SET reserved = q.reserved - 1, used = q.used + v_kept WHERE q.id = ANY (r.windows);
  INSERT INTO quota_ledger (window_id, change, units, reason)
    SELECT v, CASE WHEN p_state = 'refused' THEN 'give_back' ELSE 'keep' END, 1, 'reply' FROM unnest(r.windows) v;
  RETURN true;
END $$;
