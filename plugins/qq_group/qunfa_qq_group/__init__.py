"""Qunfa channel qq_group."""
