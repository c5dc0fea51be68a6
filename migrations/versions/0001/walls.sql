-- Row-level security on every table that has a tenant, from the first day; and what the application may do at all.
DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
           WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_wall ON %I USING (tenant_id = (SELECT tenant())) WITH CHECK (tenant_id = (SELECT tenant()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO qunfa_app', t);
  END LOOP;
END $$;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON tenants USING (id = (SELECT tenant())) WITH CHECK (id = (SELECT tenant()));
GRANT SELECT, INSERT, UPDATE ON tenants TO qunfa_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO qunfa_app;

-- What is history stays history.
REVOKE UPDATE, DELETE ON audit_log, quota_ledger, approvals, checks, leases FROM qunfa_app;
GRANT UPDATE (until, closed_at) ON leases TO qunfa_app;
REVOKE DELETE ON campaigns, dispatches, deliveries, quota_windows, accounts, clients, members, figures, callback_inbox, fingerprints FROM qunfa_app;

-- What a second person signed stays as it was signed: only what sending makes of it may change.
REVOKE UPDATE ON dispatches, deliveries FROM qunfa_app;
REVOKE UPDATE, DELETE ON blobs FROM qunfa_app;
REVOKE UPDATE ON campaigns FROM qunfa_app;
GRANT UPDATE (author_id, state, digest, approved_digest, due_at, send_when_approved, released_at, finished_at) ON campaigns TO qunfa_app;
GRANT UPDATE (wake_at, code, reason, next_possible_at, stopped_at, counted_by, figures_at, open_rows, intended, accepted, delivered, failed, skipped, unknown,
              awaiting, recalled) ON dispatches TO qunfa_app;
GRANT UPDATE (state, due_at, fence, reserved_by, attempts, crashes, started_at, accepted_at, poll_at, polls, awaiting_until, ref, receipt,
              code, reason, accepted, delivered, failed, skipped, unknown, awaiting) ON deliveries TO qunfa_app;

-- Nothing is added to a plan once it is signed.
CREATE POLICY before_signing ON dispatches AS RESTRICTIVE FOR INSERT TO qunfa_app
  WITH CHECK (campaign_id IN (SELECT c.id FROM campaigns c WHERE c.state = 'awaiting_approval'));
CREATE POLICY before_signing ON deliveries AS RESTRICTIVE FOR INSERT TO qunfa_app
  WITH CHECK (campaign_id IN (SELECT c.id FROM campaigns c WHERE c.state = 'awaiting_approval'));

-- A counter belongs to its window for good.
REVOKE UPDATE ON quota_windows FROM qunfa_app;
GRANT UPDATE (cap, reserved, used, external) ON quota_windows TO qunfa_app;
