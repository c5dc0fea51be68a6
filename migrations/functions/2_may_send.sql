-- Whether somebody has stopped the account: itself, its client, its channel or the plugin behind it, or the whole agency; or the
-- agency does not have the channel at all.
CREATE OR REPLACE FUNCTION is_stopped(p_account bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM accounts a JOIN clients k ON k.id = a.client_id JOIN tenants t ON t.id = a.tenant_id
    WHERE a.id = p_account AND (a.status = 'stopped' OR k.stopped_at IS NOT NULL OR t.stopped_at IS NOT NULL OR EXISTS (
      SELECT 1 FROM stops s WHERE s.lifted_at IS NULL
        AND (s.scope = 'tenant' OR s.client_id = a.client_id OR s.account_id = a.id OR a.channel = ANY (s.channels)))
      OR EXISTS (SELECT 1 FROM channel_switches w WHERE w.tenant_id = a.tenant_id AND w.channel = a.channel AND NOT w.is_on)))
$$;

-- The accounts that are meant: of a client, one, on channels; NULL means any.
CREATE OR REPLACE FUNCTION accounts_within(p_client bigint, p_account bigint, p_channels text[]) RETURNS SETOF accounts LANGUAGE sql STABLE AS $$
  SELECT a.* FROM accounts a
  WHERE (p_client IS NULL OR a.client_id = p_client) AND (p_account IS NULL OR a.id = p_account) AND (p_channels IS NULL OR a.channel = ANY (p_channels))
$$;

-- Who stops something takes this lock alone first: so a claim is either made before the stop, or sees it. A lock of the agency, not
-- of the accounts' rows: sixteen workers that share a row write a new list of its holders for each claim.
CREATE OR REPLACE FUNCTION may_send(p_dispatch bigint, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE d dispatches;
BEGIN
  SELECT * INTO d FROM dispatches WHERE id = p_dispatch AND stopped_at IS NULL;
  PERFORM 1 FROM campaigns c WHERE c.id = d.campaign_id AND c.state = 'released' AND c.digest = c.approved_digest AND c.due_at <= p_now FOR SHARE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('stops', d.tenant_id));
  RETURN NOT is_stopped(d.account_id);
END $$;

-- Of these dispatches, those of which nothing more may be called: what workers ask of their own every half second.
CREATE OR REPLACE FUNCTION halted(p_dispatches bigint[]) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT d.id FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id
  WHERE d.id = ANY (p_dispatches) AND (d.stopped_at IS NOT NULL OR c.state <> 'released' OR is_stopped(d.account_id))
$$;
