-- The newest revision of every figure, so that a month of a hundred accounts is read and not searched. Whoever adds a revision
-- moves it on in the same transaction.
CREATE TABLE figures_now (
  tenant_id   bigint NOT NULL DEFAULT tenant(),
  dispatch_id bigint NOT NULL,
  name        text NOT NULL,
  revision    int NOT NULL,
  value       bigint NOT NULL,
  source      text NOT NULL,
  as_of       timestamptz NOT NULL,
  PRIMARY KEY (dispatch_id, name),
  FOREIGN KEY (tenant_id, dispatch_id) REFERENCES dispatches (tenant_id, id)
);
CALL wall('figures_now');
REVOKE DELETE ON figures_now FROM qunfa_app;

CREATE FUNCTION newest_figures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO figures_now AS n (tenant_id, dispatch_id, name, revision, value, source, as_of)
  SELECT DISTINCT ON (f.dispatch_id, f.name) f.tenant_id, f.dispatch_id, f.name, f.revision, f.value, f.source, f.as_of
  FROM fresh f ORDER BY f.dispatch_id, f.name, f.revision DESC
  ON CONFLICT (dispatch_id, name) DO UPDATE SET revision = excluded.revision, value = excluded.value, source = excluded.source,
    as_of = excluded.as_of WHERE n.revision < excluded.revision;
  RETURN NULL;
END $$;
CREATE TRIGGER newest_figures AFTER INSERT ON figures REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION newest_figures();
ALTER TABLE figures NO FORCE ROW LEVEL SECURITY;  -- the owner reads all tenants' rows, this once
ALTER TABLE figures_now NO FORCE ROW LEVEL SECURITY;
INSERT INTO figures_now SELECT DISTINCT ON (dispatch_id, name) tenant_id, dispatch_id, name, revision, value, source, as_of
FROM figures ORDER BY dispatch_id, name, revision DESC;
ALTER TABLE figures FORCE ROW LEVEL SECURITY;
ALTER TABLE figures_now FORCE ROW LEVEL SECURITY;

-- What an account gained, lost and was told in a day of its own zone. Pushes are counted as they are applied, each once.
CREATE TABLE account_days (
  tenant_id   bigint NOT NULL DEFAULT tenant(),
  account_id  bigint NOT NULL,
  day         date NOT NULL,
  name        text NOT NULL CHECK (name IN ('gained', 'lost', 'replies')),
  source      text NOT NULL CHECK (source IN ('callback', 'statistics', 'hand')),
  value       bigint NOT NULL CHECK (value >= 0),
  as_of       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, day, name, source),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CALL wall('account_days');
REVOKE DELETE ON account_days FROM qunfa_app;

-- Applied now less applied before, without a join of the two: see roll_up_update.
CREATE FUNCTION count_pushes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_days AS d (tenant_id, account_id, day, name, source, value, as_of)
  SELECT x.tenant_id, x.account_id, x.day, x.name, 'callback', sum(x.sign), max(x.received_at) FROM (
    SELECT r.sign, r.tenant_id, r.account_id, r.received_at, (r.received_at AT TIME ZONE a.zone)::date AS day,
      CASE WHEN r.kind = 'inbound' THEN 'replies' WHEN r.event ->> 'change' = 'joined' THEN 'gained'
           WHEN r.event ->> 'change' = 'left' THEN 'lost' END AS name
    FROM (SELECT 1 AS sign, tenant_id, account_id, received_at, kind, event FROM after_rows
          WHERE kind IN ('inbound', 'target_changed') AND result = 'applied'
          UNION ALL
          SELECT -1, tenant_id, account_id, received_at, kind, event FROM before_rows
          WHERE kind IN ('inbound', 'target_changed') AND result = 'applied') r
    JOIN accounts a ON a.id = r.account_id) x
  WHERE x.name IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum(x.sign) <> 0 ORDER BY 2, 3, 4
  ON CONFLICT (account_id, day, name, source) DO UPDATE SET value = d.value + excluded.value, as_of = greatest(d.as_of, excluded.as_of);
  RETURN NULL;
END $$;
CREATE TRIGGER count_pushes AFTER UPDATE ON callback_inbox REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_pushes();

CREATE INDEX campaigns_by_time ON campaigns (tenant_id, due_at) WHERE released_at IS NOT NULL;

