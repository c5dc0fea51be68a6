-- The hash of migrations/functions: all of them are replaced whenever one has changed.
CREATE TABLE applied_functions (sha256 text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

-- What every table with a tenant must have; a migration then takes away what is too much.
CREATE PROCEDURE wall(p_table regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format('CREATE POLICY tenant_wall ON %s USING (tenant_id = (SELECT tenant())) WITH CHECK (tenant_id = (SELECT tenant()))', p_table);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO qunfa_app', p_table);
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO qunfa_app;
END $$;
REVOKE ALL ON PROCEDURE wall(regclass) FROM PUBLIC;
