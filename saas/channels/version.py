"""The number of the contract, and what becomes of a channel that was written for another."""

from __future__ import annotations

CONTRACT = 1
"""The contract this installation speaks. It rises when a hook changes its meaning or goes, never for a new optional one."""
OLDEST = 1
"""The oldest number that is still taken."""


def refusal(written_for: object) -> str:
    """Why a channel written for that number cannot be used here, and what to do; "" when it can."""
    if not isinstance(written_for, int) or isinstance(written_for, bool):
        return f"its contract must be a whole number, not {written_for!r}"
    if written_for > CONTRACT:
        return f"it is written for contract {written_for}, this installation speaks {CONTRACT}: install a newer Qunfa"
    if written_for < OLDEST:
        return f"it is written for contract {written_for}, the oldest taken is {OLDEST}: install a newer version of the channel"
    return ""
