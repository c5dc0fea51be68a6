"""The engine's steps in the database, one call each, at a noon in Shanghai."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
DAY = (NOW.replace(hour=0) - timedelta(hours=8), NOW.replace(hour=0) + timedelta(hours=16))
LEASE = timedelta(seconds=30)


def cap(amount: int, rule: str = "day", scope: str = "account", unit: str = "call", window: Any = DAY) -> dict[str, Any]:
    starts, ends = window
    return {"rule": rule, "scope": scope, "unit": unit, "amount": amount, "starts": starts.isoformat(), "ends": ends.isoformat()}


def claim(
    connection: Any, dispatch: int, caps: list[dict[str, Any]], limit: int = 100, now: datetime = NOW
) -> list[dict[str, Any]]:
    query = "SELECT * FROM claim_deliveries(%s, %s, %s, %s, 'w', %s::jsonb, 0)"
    return connection.execute(query, (dispatch, now, limit, LEASE, json.dumps(caps))).fetchall()  # type: ignore[no-any-return]


def news(id: int, state: str = "sent", quota: str = "keep", **counts: Any) -> dict[str, Any]:
    zero = {"a": 0, "d": 0, "f": 0, "s": 0, "u": 0, "w": 0, "code": "", "reason": ""}
    return {"id": id, "state": state, "quota": quota, **zero, **counts}


def settle(connection: Any, lease: int, all_news: list[dict[str, Any]], now: datetime = NOW) -> int:
    row = connection.execute("SELECT settle_deliveries(%s, %s, %s::jsonb) AS n", (lease, now, json.dumps(all_news))).fetchone()
    return int(row["n"])
