"""Qunfa channel personal."""
