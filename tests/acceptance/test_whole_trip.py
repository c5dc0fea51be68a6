"""One campaign to twelve accounts on four channels, again the same day, and what the simulators say of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.acceptance.conftest import Installation, by_key, people_of
from tests.acceptance.folders import ALL, Writer

SHANGHAI = ZoneInfo("Asia/Shanghai")
LATENESS = timedelta(hours=2)  # of the sample campaign: until then its accounts wait for a new day
SERVICE = ("shanlan-svc", "miaoyu-svc", "xingye-svc")
SUBSCRIPTION = ("shanlan-sub", "miaoyu-sub", "xingye-sub")


def next_midnight() -> datetime:
    """When a Chinese platform's day ends."""
    tomorrow = datetime.now(SHANGHAI).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=SHANGHAI).astimezone(UTC)


def test_a_campaign_reaches_twelve_accounts_and_the_same_again_is_held_by_their_caps(demo: Installation, folder: Writer) -> None:
    before = len(demo.effects())
    first = demo.run("send", folder.spring(), "--json")
    assert first.code == 0, first.err
    report = by_key(first.json)
    assert tuple(report) == ALL
    for row in first.json["accounts"]:
        assert row["intended"] == sum(row[p] for p in ("delivered", "failed", "skipped", "unknown", "awaiting", "in_progress"))
        assert row["state"] in ("sent", "awaiting"), row
        assert row["failed"] == row["unknown"] == row["in_progress"] == 0
    effects = demo.effects()
    ledger_equals_log(demo, first.json["campaign"], effects[before:])

    again = demo.send(folder.spring(word="再来"))
    rows = by_key(again)
    waits = next_midnight() - datetime.now(UTC) < LATENESS
    for key in SUBSCRIPTION:
        held = ("waiting", 0, 0) if waits else ("exhausted", 0, rows[key]["intended"])
        assert (rows[key]["state"], rows[key]["accepted"], rows[key]["skipped"]) == held
        assert datetime.fromisoformat(rows[key]["next_possible_at"]) == next_midnight()
    assert {rows[key]["state"] for key in SERVICE} == {"sent"}
    left = {a["key"]: {cap["rule"]: cap["left"] for cap in a["caps"]} for a in demo.run("accounts", "list", "--json").json}
    assert {left[key]["mass_month"] for key in SERVICE} == {2}
    assert {left[key]["mass_day"] for key in SUBSCRIPTION} == {0}
    ledger_equals_log(demo, again["campaign"], demo.effects(since=len(effects)))


def ledger_equals_log(demo: Installation, campaign: int, effects: list[dict[str, Any]]) -> None:
    """Line for line: each thing the platforms did is one delivery of ours, for as many people, under the same id or key."""
    query = """SELECT a.key AS account, e.key, e.target, e.delivered, e.receipt FROM deliveries e
               JOIN accounts a ON a.id = e.account_id WHERE e.campaign_id = %s AND e.delivered > 0"""
    ours = demo.rows(query, campaign)
    for line in ours:
        names = {line["key"], line["target"], *map(str, (line["receipt"] or {}).values())}
        mine = [e for e in effects if e["account"] == line["account"] and ({e["key"], e["platform_id"]} & names)]
        assert mine, line
        assert sum(e["people"] for e in mine) == line["delivered"], (line, mine)
    assert {e["account"] for e in effects} <= {line["account"] for line in ours}
    delivered = Counter[str]()
    for line in ours:
        delivered[line["account"]] += line["delivered"]
    assert people_of(effects) == delivered


def test_a_template_message_has_an_outcome_for_each_of_five_thousand_followers(demo: Installation, folder: Writer) -> None:
    before = len(demo.effects())
    report = demo.send(folder.notice(5000))
    row = by_key(report)["miaoyu-svc"]
    assert (row["state"], row["intended"], row["delivered"] + row["failed"]) == ("sent", 5000, 5000)
    effects = [e for e in demo.effects(since=before) if e["kind"] == "template"]
    assert len(effects) == 5000 == len({e["detail"]["openid"] for e in effects})
