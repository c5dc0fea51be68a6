"""Accounts whose events are heard over a WebSocket that we open: one listener an account, and what nobody heard is told."""
