-- A portal can be removed; that no account hangs on it any more is held by the foreign key of accounts.
GRANT DELETE ON portals, portal_invitations, portal_grants TO qunfa_app;
