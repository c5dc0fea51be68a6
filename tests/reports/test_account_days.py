"""What pushes tell of an account is counted by its own day, each push once, and taken back with its effect."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import House


def push(house: House, account: int, dedupe: str, kind: str, event: dict[str, Any], at: str) -> None:
    house.run(
        "INSERT INTO callback_inbox (account_id, dedupe, kind, event, received_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (account_id, dedupe) DO NOTHING",
        account, dedupe, kind, json.dumps(event), at,
    )  # fmt: skip


def counted(house: House) -> list[tuple[str, str, int]]:
    rows = house.rows("SELECT day::text, name, value FROM account_days ORDER BY day, name")
    return [(row["day"], row["name"], row["value"]) for row in rows]


def test_a_push_counts_on_the_day_of_the_accounts_zone_and_once(house: House) -> None:
    account = house.account("one")
    for _ in range(3):
        push(house, account, "a", "target_changed", {"change": "joined"}, "2026-08-01T15:59:00Z")
        push(house, account, "b", "target_changed", {"change": "left"}, "2026-08-01T16:01:00Z")
        push(house, account, "c", "inbound", {}, "2026-08-01T16:02:00Z")
        push(house, account, "d", "target_changed", {"change": "muted"}, "2026-08-01T16:02:00Z")
    assert counted(house) == [], "nothing is counted before it is applied"
    for _ in range(2):
        house.run("UPDATE callback_inbox SET result = 'applied', due_at = NULL")
    assert counted(house) == [("2026-08-01", "gained", 1), ("2026-08-02", "lost", 1), ("2026-08-02", "replies", 1)]


def test_a_thousand_pushes_in_one_go_are_added_to_what_there_was(house: House) -> None:
    account = house.account("one")
    house.run(
        "INSERT INTO callback_inbox (account_id, dedupe, kind, event, received_at)"
        " SELECT %s, n::text, 'inbound', '{}', '2026-08-01T04:00:00Z' FROM generate_series(1, 1500) n",
        account,
    )
    house.run("UPDATE callback_inbox SET result = 'applied' WHERE dedupe::int <= 500")
    house.run("UPDATE callback_inbox SET result = 'applied' WHERE dedupe::int > 500")
    assert counted(house) == [("2026-08-01", "replies", 1500)]


def test_the_application_deletes_no_days_and_no_figures(house: House) -> None:
    for table in ("account_days", "figures_now", "evidence_heads", "brandings"):
        granted = house.one("SELECT has_table_privilege('qunfa_app', %s, 'DELETE')", table)
        assert granted is False, table
