"""Qunfa: one campaign to every client account, under every cap, exactly once."""
