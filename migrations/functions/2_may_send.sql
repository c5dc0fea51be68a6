CREATE OR REPLACE FUNCTION may_send(p_dispatch bigint, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
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
