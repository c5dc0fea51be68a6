-- Which channels an agency has switched on. Without a line of its own a channel is on; a new agency gets lines for those that begin off.
CREATE TABLE channel_switches (
  tenant_id  bigint NOT NULL REFERENCES tenants DEFAULT tenant(),
  channel    text NOT NULL CHECK (channel <> ''),
  is_on      boolean NOT NULL,
  member_id  bigint,                            -- null: what the agency began with
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, channel),
  FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CALL wall('channel_switches');
REVOKE UPDATE, DELETE ON channel_switches FROM qunfa_app;
GRANT UPDATE (is_on, member_id, at) ON channel_switches TO qunfa_app;
