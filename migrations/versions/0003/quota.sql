-- The ledger tells where each unit went: also what was sent outside the product, who said so and why, and when a cap changed.
ALTER TABLE quota_ledger DROP CONSTRAINT quota_ledger_change_check;
ALTER TABLE quota_ledger
  ADD CONSTRAINT quota_ledger_change_check CHECK (change IN ('reserve', 'keep', 'give_back', 'external', 'cap')),
  ADD COLUMN source text NOT NULL DEFAULT '' CHECK (source IN ('', 'hand', 'import', 'platform')),  -- of an external line
  ADD COLUMN ref text,                            -- what an external line is known by: noted once
  ADD COLUMN member_id bigint,
  ADD COLUMN happened_at timestamptz;             -- when it was sent outside
CREATE UNIQUE INDEX quota_ledger_once ON quota_ledger (tenant_id, ref) WHERE ref IS NOT NULL;

-- What a window's cap was when it was opened; from then on each change has its line. NULL: opened before there were such lines.
ALTER TABLE quota_windows ADD COLUMN opened_with int;

-- All that still counts at a moment, whatever windows it was counted in.
CREATE INDEX quota_windows_until ON quota_windows (account_id, rule, subject, ends_at);

-- A ledger is not emptied either.
REVOKE TRUNCATE ON quota_ledger, quota_windows FROM qunfa_app;
