-- Recalls that must be asked for again are work as well. Same arguments, same owner.
CREATE POLICY crossing ON recalls FOR SELECT TO qunfa_system USING (true);
GRANT SELECT ON recalls TO qunfa_system;
CREATE OR REPLACE FUNCTION tenants_with_work(p_now timestamptz) RETURNS TABLE (tenant_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT d.tenant_id FROM dispatches d WHERE d.wake_at <= p_now
  UNION SELECT e.tenant_id FROM deliveries e WHERE e.poll_at <= p_now
  UNION SELECT d.tenant_id FROM dispatches d WHERE d.figures_at <= p_now
  UNION SELECT l.tenant_id FROM leases l WHERE l.closed_at IS NULL AND l.until < p_now
  UNION SELECT b.tenant_id FROM callback_inbox b WHERE b.due_at <= p_now
  UNION SELECT r.tenant_id FROM recalls r WHERE r.again_at <= p_now $$;
