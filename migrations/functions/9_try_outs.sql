-- Take one test send to a registered tester: its row, and a unit of every window in the ledger, or none of it. Where nothing is taken, why
-- says: asked (this request was made before: try_out is its row), closed (the campaign is rejected or cancelled), no_tester, stopped,
-- exhausted (rule and free_at say of what and until when). The agency's lock of stops comes first, as in may_send.
CREATE OR REPLACE FUNCTION take_try_out(p_request text, p_dispatch bigint, p_person text, p_caps jsonb, p_member bigint, p_now timestamptz,
  OUT try_out bigint, OUT why text, OUT rule text, OUT free_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE d dispatches; v_digest text; k record; w record; v_subject text; v_windows bigint[] := '{}';
BEGIN
  SELECT * INTO d FROM dispatches WHERE id = p_dispatch;
  SELECT c.digest INTO v_digest FROM campaigns c WHERE c.id = d.campaign_id AND c.state NOT IN ('rejected', 'cancelled') FOR SHARE;
  IF NOT FOUND THEN why := 'closed'; RETURN; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('stops', d.tenant_id));
  IF is_stopped(d.account_id) THEN why := 'stopped'; RETURN; END IF;
  PERFORM lock_quota(d.account_id);
  SELECT t.id INTO try_out FROM try_outs t WHERE t.request = p_request;
  IF FOUND THEN why := 'asked'; RETURN; END IF;
  IF NOT EXISTS (SELECT 1 FROM testers t WHERE t.account_id = d.account_id AND t.person = p_person AND t.removed_at IS NULL) THEN
    why := 'no_tester'; RETURN;
  END IF;
  FOR k IN SELECT c AS one, c.scope FROM caps(caps_ahead(d.account_id, p_caps, p_now)) c LOOP
    v_subject := CASE WHEN k.scope = 'account' THEN '' ELSE p_person END;
    SELECT * INTO w FROM window_room(d.account_id, k.one, v_subject);
    IF w.room < 1 THEN
      why := 'exhausted'; rule := (k.one).rule; free_at := room_again(d.account_id, k.one, v_subject, 1); RETURN;
    END IF;
    v_windows := v_windows || w.window_id;
  END LOOP;
  UPDATE quota_windows q SET reserved = q.reserved + 1 WHERE q.id = ANY (v_windows);
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, reason) SELECT v, 'reserve', 1, d.id, 'try_out' FROM unnest(v_windows) v;
  INSERT INTO try_outs (request, dispatch_id, account_id, person, digest, windows, member_id, asked_at)
    VALUES (p_request, d.id, d.account_id, p_person, v_digest, v_windows, p_member, p_now) RETURNING id INTO try_out;
END $$;

-- What became of it: done and unknown have used their unit, refused gives it back. Written once.
CREATE OR REPLACE FUNCTION settle_try_out(p_try_out bigint, p_now timestamptz, p_state text, p_code text, p_reason text, p_receipt jsonb DEFAULT '{}')
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE t try_outs; v_kept int := CASE WHEN p_state = 'refused' THEN 0 ELSE 1 END;
BEGIN
  UPDATE try_outs x SET state = p_state, answered_at = p_now, code = p_code, reason = p_reason, receipt = p_receipt
    WHERE x.id = p_try_out AND x.state = 'calling' RETURNING * INTO t;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE quota_windows q SET reserved = q.reserved - 1, used = q.used + v_kept WHERE q.id = ANY (t.windows);
  INSERT INTO quota_ledger (window_id, change, units, dispatch_id, reason)
    SELECT v, CASE WHEN p_state = 'refused' THEN 'give_back' ELSE 'keep' END, 1, t.dispatch_id, 'try_out' FROM unnest(t.windows) v;
  RETURN true;
END $$;
