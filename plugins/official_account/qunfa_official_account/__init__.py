"""Qunfa channel official_account."""
