-- A dispatch that is published on an account's page reaches neither people nor groups.
ALTER TABLE dispatches DROP CONSTRAINT dispatches_unit_check;
ALTER TABLE dispatches ADD CONSTRAINT dispatches_unit_check CHECK (unit IN ('person', 'group', 'page'));
