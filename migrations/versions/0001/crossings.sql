-- The few questions that must be asked before the tenant is known. Each answers one narrow thing; they belong to a role
-- that cannot log in and may read nothing else.
CREATE FUNCTION who_signs_in(p_email text) RETURNS TABLE (tenant_id bigint, member_id bigint, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT m.tenant_id, m.id, m.password_hash FROM members m WHERE m.email = lower(p_email) AND m.disabled_at IS NULL $$;

CREATE FUNCTION whose_session(p_id text) RETURNS TABLE (tenant_id bigint, member_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT s.tenant_id, s.member_id FROM sessions s WHERE s.id = p_id $$;

CREATE FUNCTION whose_token(p_hash text) RETURNS TABLE (tenant_id bigint, member_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT t.tenant_id, t.member_id FROM api_tokens t WHERE t.hash = p_hash $$;

CREATE FUNCTION whose_callback(p_ref text) RETURNS TABLE (tenant_id bigint, account_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT a.tenant_id, a.id FROM accounts a WHERE a.callback_ref = p_ref $$;

CREATE FUNCTION all_tenants() RETURNS TABLE (id bigint, slug text, name text, demo boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT t.id, t.slug, t.name, t.demo FROM tenants t ORDER BY t.id $$;

CREATE FUNCTION tenants_with_work(p_now timestamptz) RETURNS TABLE (tenant_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT d.tenant_id FROM dispatches d WHERE d.wake_at <= p_now
  UNION SELECT e.tenant_id FROM deliveries e WHERE e.poll_at <= p_now
  UNION SELECT d.tenant_id FROM dispatches d WHERE d.figures_at <= p_now
  UNION SELECT l.tenant_id FROM leases l WHERE l.closed_at IS NULL AND l.until < p_now
  UNION SELECT b.tenant_id FROM callback_inbox b WHERE b.due_at <= p_now $$;

DO $$
DECLARE t text; f text;
BEGIN
  FOREACH t IN ARRAY ARRAY['tenants', 'members', 'sessions', 'api_tokens', 'accounts', 'dispatches', 'deliveries', 'leases', 'callback_inbox'] LOOP
    EXECUTE format('CREATE POLICY crossing ON %I FOR SELECT TO qunfa_system USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO qunfa_system', t);
  END LOOP;
  FOREACH f IN ARRAY ARRAY['who_signs_in(text)', 'whose_session(text)', 'whose_token(text)', 'whose_callback(text)', 'all_tenants()',
                           'tenants_with_work(timestamptz)'] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO qunfa_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO qunfa_app', f);
  END LOOP;
END $$;
