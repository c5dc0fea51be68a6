"""Whom an account can reach: contacts, groups, and snapshots for a campaign."""
