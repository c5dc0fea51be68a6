"""Tenants (agencies), their members and roles, sessions, tokens and the audit trail."""
