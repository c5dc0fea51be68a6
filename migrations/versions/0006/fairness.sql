-- How much of the workers' time a tenant gets, for the scheduler, who belongs to none: only those that differ from one.
CREATE FUNCTION tenant_weights() RETURNS TABLE (id bigint, weight int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT t.id, t.weight FROM tenants t WHERE t.weight <> 1 $$;
ALTER FUNCTION tenant_weights() OWNER TO qunfa_system;
REVOKE ALL ON FUNCTION tenant_weights() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_weights() TO qunfa_app;

-- What is over and old may go; what lives may not, whatever statement asks for it. A lease is over when nothing can still hold
-- quota under it: its dispatch has no delivery that is due, on its way or unknown.
CREATE INDEX leases_closed ON leases (tenant_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX callback_inbox_done ON callback_inbox (tenant_id, received_at) WHERE due_at IS NULL;
CREATE FUNCTION lease_is_over(p_dispatch bigint, p_closed timestamptz) RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT p_closed < now() - interval '30 days'
       AND NOT EXISTS (SELECT 1 FROM dispatches d WHERE d.id = p_dispatch AND (d.open_rows > 0 OR d.unknown > 0)) $$;
CREATE POLICY only_what_is_over ON leases AS RESTRICTIVE FOR DELETE TO qunfa_app USING (lease_is_over(dispatch_id, closed_at));
CREATE POLICY only_what_is_over ON callback_inbox AS RESTRICTIVE FOR DELETE TO qunfa_app
  USING (due_at IS NULL AND received_at < now() - interval '14 days');
GRANT DELETE ON leases, callback_inbox TO qunfa_app;
