"""Processes that die in the middle of five thousand messages: everybody is accounted for, nobody gets it twice."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import Any

import redis

from tests.acceptance.conftest import Installation, balanced, by_key, wait_for
from tests.acceptance.folders import Writer

PEOPLE = 5000


def under_way(demo: Installation, folder: Writer, first: int) -> tuple[subprocess.Popen[str], int]:
    """A send of so many messages with some of them out, and the campaign's number."""
    known = demo.rows("SELECT coalesce(max(id), 0) AS id FROM campaigns")[0]["id"]
    sending = demo.begin("send", folder.notice(PEOPLE, first=first), "--json", "--patience", "150")
    query = "SELECT campaign_id AS id FROM dispatches WHERE campaign_id > %s AND accepted > 200 AND open_rows > 200"
    return sending, int(wait_for(lambda: demo.rows(query, known), 120, pause=0.02)[0]["id"])


def everybody_once(demo: Installation, report: Any, campaign: int) -> dict[str, Any]:
    """The account's row, if each person has one outcome and the platform reached none twice."""
    assert balanced(report)["campaign"] == campaign
    row: dict[str, Any] = by_key(report)["miaoyu-svc"]
    assert (row["intended"], row["in_progress"]) == (PEOPLE, 0), row
    keys = {r["key"] for r in demo.rows("SELECT key FROM deliveries WHERE campaign_id = %s", campaign)}
    reached = Counter(e["detail"]["openid"] for e in demo.effects() if e["kind"] == "template" and e["key"] in keys)
    assert set(reached.values()) == {1}
    assert row["delivered"] <= len(reached) <= row["delivered"] + row["unknown"]
    return row


def test_check_01_a_killed_worker_loses_nobody_and_doubles_nobody(demo: Installation, folder: Writer) -> None:
    sending, campaign = under_way(demo, folder, 10_000)
    busy = demo.rows("SELECT DISTINCT split_part(worker, ':', 2)::int AS pid FROM leases WHERE closed_at IS NULL")
    workers = [child for child in demo.children() if {"pid": child.pid} in busy]
    assert workers
    for worker in workers:
        worker.kill()
    row = everybody_once(demo, demo.finish(sending).json, campaign)
    assert (row["state"], row["delivered"]) == ("sent", PEOPLE)


def test_check_03_an_emptied_valkey_holds_nothing_up(demo: Installation, folder: Writer) -> None:
    sending, campaign = under_way(demo, folder, 20_000)
    with redis.Redis.from_url(demo.running["redis_url"]) as valkey:
        valkey.flushall()
    row = everybody_once(demo, demo.finish(sending).json, campaign)
    assert (row["state"], row["delivered"]) == ("sent", PEOPLE)


def test_check_04_a_killed_database_comes_back_and_the_books_agree(demo: Installation, folder: Writer) -> None:
    sending, campaign = under_way(demo, folder, 30_000)
    server = next(child for child in demo.children("bin/postgres", "-D"))
    server.kill()
    said = demo.finish(sending)
    report = wait_for(lambda: _whole(demo, campaign), 150, pause=2)
    row = everybody_once(demo, report, campaign)
    assert (row["state"], row["delivered"]) == ("sent", PEOPLE), said.err


def _whole(demo: Installation, campaign: int) -> Any:
    said = demo.run("report", str(campaign), "--json")
    report = said.json if said.out else None
    return report if report and report["finished"] else None
