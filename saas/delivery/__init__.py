"""Delivery: the outbox, the quota ledger, the engine that sends, and what comes back."""
