-- What is written of a delivery; a, d, f, s, u, w: accepted, delivered, failed, skipped, unknown, awaiting (people).
DROP TYPE IF EXISTS delivery_news CASCADE;  -- and the functions that speak of it: all are made again here
CREATE TYPE delivery_news AS (id bigint, state text, quota text, due timestamptz, poll timestamptz, ref text, receipt jsonb,
  code text, reason text, until timestamptz, a int, d int, f int, s int, u int, w int);

-- News from JSON, by id, so that locks are taken in that order; what a row does not name has the value given here.
CREATE OR REPLACE FUNCTION news(p_news jsonb) RETURNS delivery_news[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT array_agg(r ORDER BY r.id) FROM jsonb_populate_recordset(
       (NULL, 'due', 'hold', NULL, NULL, NULL, NULL, '', '', NULL, 0, 0, 0, 0, 0, 0)::delivery_news, p_news) r $$;

-- Write the outcomes of one lease in bulk. Rows that the lease no longer holds are left alone: another has taken them.
-- quota: keep | give_back | hold. Gives the number of rows that were written.
CREATE OR REPLACE FUNCTION settle_deliveries(p_lease bigint, p_now timestamptz, p_news jsonb) RETURNS int LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE v_news delivery_news[]; v_keep bigint[]; v_back bigint[]; v_count int;
BEGIN
  PERFORM 1 FROM leases l WHERE l.id = p_lease AND l.closed_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN settle_late(p_lease, p_now, p_news); END IF;
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
  -- A part of it may not be written yet: it runs out with the lease, and is taken back as a lost worker's.
  UPDATE leases l SET closed_at = p_now WHERE l.id = p_lease AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.fence = p_lease);
  UPDATE dispatches d SET wake_at = least(d.wake_at, x.due) FROM (
    SELECT e.dispatch_id, min(e.due_at) AS due FROM unnest(v_news) r JOIN deliveries e ON e.id = r.id WHERE r.state = 'due' GROUP BY 1 ORDER BY 1
  ) x WHERE d.id = x.dispatch_id;
  RETURN v_count;
END $$;

-- Write what has become known of deliveries past sending (progress, lookup, a person's word), in bulk; only rows in one of
-- the states p_from are touched. What was taken back stays so, only its counts go on. p_totals: the news are a platform's
-- totals, which only grow: an older answer that comes late is passed over.
CREATE OR REPLACE FUNCTION progress_deliveries(p_now timestamptz, p_from text[], p_news jsonb, p_totals boolean DEFAULT false) RETURNS int LANGUAGE plpgsql SET enable_seqscan = off AS $$
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

-- A person had said meanwhile that it did not go out, and its unit was given back: the platform knows better. The unit counts
-- again, beside the cap if somebody has taken it, so that nothing more goes out in its place.
CREATE OR REPLACE FUNCTION overrule(p_lease bigint, p_now timestamptz, p_news jsonb) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_news jsonb; e record; c record;
BEGIN
  SELECT jsonb_agg(n.value || '{"quota": "hold", "code": "overruled"}') INTO v_news
  FROM (SELECT o.value FROM jsonb_array_elements(p_news) o WHERE o.value ->> 'quota' = 'keep' ORDER BY (o.value ->> 'id')::bigint) n
  CROSS JOIN LATERAL (SELECT 1 FROM deliveries x JOIN leases l ON l.id = p_lease AND l.dispatch_id = x.dispatch_id
    WHERE x.id = (n.value ->> 'id')::bigint AND x.state = 'failed' AND x.code = 'settled' AND x.fence IS NULL FOR UPDATE OF x) mine;
  IF v_news IS NULL THEN RETURN 0; END IF;
  FOR e IN SELECT x.id, x.account_id, x.target, x.form, x.ids, x.people FROM deliveries x
           WHERE x.id IN (SELECT (n ->> 'id')::bigint FROM jsonb_array_elements(v_news) n) ORDER BY x.id LOOP
    FOR c IN SELECT k.value AS cap, k.value ->> 'rule' AS rule, k.value ->> 'scope' AS scope, k.value ->> 'unit' AS unit
             FROM leases l, jsonb_array_elements(l.caps) k WHERE l.id = p_lease AND counts_in(k.value ->> 'scope', e.form, e.ids) ORDER BY 2 LOOP
      PERFORM note_external(e.account_id, c.cap, CASE WHEN c.scope = 'account' THEN '' ELSE e.target END,
        CASE WHEN c.unit = 'person' THEN e.people ELSE 1 END, 'platform',
        '平台的回执晚到，推翻了人工判断 / the platform answered late and overruled a person', 'late ' || e.id || ' ' || c.rule, NULL, p_now);
    END LOOP;
  END LOOP;
  RETURN progress_deliveries(p_now, '{failed}', v_news);
END $$;

-- A lease was taken away from a worker, and its call was answered after all: what the platform took on (quota: keep) is written
-- where nobody else has touched the delivery since. That is a repeat less, or one thing less that a person must settle.
CREATE OR REPLACE FUNCTION settle_late(p_lease bigint, p_now timestamptz, p_news jsonb) RETURNS int LANGUAGE sql AS $$
  SELECT coalesce(progress_deliveries(p_now, '{unknown,due}', jsonb_agg(n.value)), 0) + overrule(p_lease, p_now, p_news)
  FROM jsonb_array_elements(p_news) n
  CROSS JOIN LATERAL (SELECT 1 FROM deliveries e WHERE e.id = (n.value ->> 'id')::bigint AND e.state IN ('unknown', 'due')
                      AND e.reserved_by = p_lease AND e.fence IS NULL FOR UPDATE) mine
  WHERE n.value ->> 'quota' = 'keep';
$$;
