"""The database itself refuses to make due again, or to send, what is out or over."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.conftest import House

OVER = ("accepted", "awaiting", "sent", "partly_sent", "failed", "skipped", "missed", "recalled", "cancelled")


@pytest.fixture
def brought(house: House, ready: Callable[..., int]) -> Callable[[str], None]:
    """A delivery in this state."""

    def bring(state: str) -> None:
        ready(1)
        counts = {"sent": "delivered", "partly_sent": "delivered", "failed": "failed", "unknown": "unknown"}
        counted = counts.get(state) or ("skipped" if state in ("skipped", "missed", "cancelled") else "awaiting")
        house.run(f"UPDATE deliveries SET state = %s, fence = %s, {counted} = people", state, 1 if state == "sending" else None)

    return bring


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("again", ["state = 'due'", "state = 'sending', fence = 2"])
def test_what_is_out_or_over_is_never_due_and_never_sent_again(
    house: House, brought: Callable[[str], None], state: str, again: str
) -> None:
    brought(state)
    with pytest.raises(psycopg.errors.CheckViolation, match=f"is {state}, and does not become"):
        house.run(f"UPDATE deliveries SET {again}")
    assert house.rows("SELECT state FROM deliveries") == [{"state": state}]


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_what_was_not_called_or_not_found_may_be_due_again(house: House, brought: Callable[[str], None], state: str) -> None:
    brought(state)
    house.run("UPDATE deliveries SET state = 'due', fence = NULL")
    assert house.rows("SELECT state FROM deliveries") == [{"state": "due"}]


def test_what_nobody_knows_is_not_sent_before_it_is_due_again(house: House, brought: Callable[[str], None]) -> None:
    brought("unknown")
    with pytest.raises(psycopg.errors.CheckViolation, match="is unknown, and does not become sending"):
        house.run("UPDATE deliveries SET state = 'sending', fence = 2")
