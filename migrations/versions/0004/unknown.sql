-- What was looked up about an unknown outcome, and when: what a person who settles it must know.
ALTER TABLE deliveries ADD COLUMN looked_at timestamptz, ADD COLUMN looked text NOT NULL DEFAULT '';
GRANT UPDATE (looked_at, looked) ON deliveries TO qunfa_app;
CREATE INDEX deliveries_unknown ON deliveries (tenant_id, id) WHERE unknown > 0;
