-- Which figures an agency leaves out of what a client's people see. No row: all of them are shown. Who chose what before: the audit log.
CREATE TABLE client_figures (
  tenant_id   bigint NOT NULL REFERENCES tenants DEFAULT tenant(),
  client_id   bigint NOT NULL,
  hidden      text[] NOT NULL DEFAULT '{}',
  member_id   bigint NOT NULL,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (client_id, tenant_id),
  FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
  FOREIGN KEY (tenant_id, member_id) REFERENCES members (tenant_id, id)
);
CALL wall('client_figures');
REVOKE DELETE ON client_figures FROM qunfa_app;
