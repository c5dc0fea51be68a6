"""Late is missed: whoever was down over the moment does not send afterwards, and the report says when it was, and how late."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saas.campaigns.models import Campaign
from saas.delivery import store
from saas.delivery.lateness import missed_words
from saas.delivery.release import approve, release
from saas.delivery.stops import stop
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict
from saas.kernel.pool import Pool
from saas.kernel.settings import settings
from saas.reports.service import campaign_report
from tests.conftest import House
from tests.delivery.books import balance
from tests.waiting.conftest import Crew

STATE = "SELECT state, code, skipped, attempts FROM deliveries WHERE dispatch_id = %s"


@contextmanager
def processes() -> Iterator[None]:
    """A worker and a scheduler of their own, as the stack runs them."""
    started = [
        subprocess.Popen([sys.executable, "-m", "saas.ops.work", role], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for role in ("worker", "scheduler")
    ]
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(house: House, query: str, *values: object, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not house.one(query, *values):
        assert time.monotonic() < until, house.rows("SELECT state, code, reason FROM deliveries")
        time.sleep(0.1)


def test_processes_that_were_down_over_the_moment_do_not_send_afterwards(crew: Crew) -> None:
    house = crew.house
    account = crew.account("personal", "assisted", 30)
    campaign = house.campaign(due="now() + interval '2 seconds'", lateness=timedelta(seconds=1))
    late = house.dispatch(campaign, account, route="assisted", rows=3, people=10, repeat=("key", 3600))
    intime = house.campaign(due="now() + interval '2 seconds'", lateness=timedelta(hours=1))
    sent = house.dispatch(intime, account, route="assisted", rows=1, people=1, repeat=("key", 3600))
    house.run("UPDATE dispatches d SET wake_at = c.due_at FROM campaigns c WHERE c.id = d.campaign_id")
    time.sleep(3.5)
    with processes():
        wait_for(house, "SELECT bool_and(state = 'missed') FROM deliveries WHERE dispatch_id = %s", late)
        wait_for(house, "SELECT bool_and(state = 'awaiting') FROM deliveries WHERE dispatch_id = %s", sent)
    assert house.rows(STATE, late) == [{"state": "missed", "code": "missed", "skipped": 10, "attempts": 0}] * 3
    with house.within():
        report = campaign_report(house.actor("editor"), campaign)
    row = report.accounts[0]
    assert (row.state, row.intended, row.skipped, row.in_progress) == ("missed", 30, 30, 0)
    assert "计划" in row.reason and "才轮到" in row.reason and "最多可晚 1 秒" in row.reason
    balance(house)


def test_an_account_whose_platform_was_silent_the_whole_time_is_missed_not_skipped(crew: Crew) -> None:
    house = crew.house
    account = crew.account("wecom", "customer", 40)
    crew.fault("wecom", "drop_before", "/cgi-bin/", times=0)
    campaign = house.campaign(lateness=timedelta(seconds=4))
    dispatch = house.dispatch(campaign, account, route="customer", rows=1, people=1, repeat=("lookup", 600))
    for _ in range(80):
        crew.turn()
        if house.rows(STATE, dispatch)[0]["state"] != "due":
            break
        crew.run(asyncio.sleep(0.1))
    (row,) = house.rows(STATE, dispatch)
    assert (row["state"], row["skipped"]) == ("missed", 1) and row["attempts"] >= 2
    with house.within():
        found = campaign_report(house.actor("editor"), campaign).accounts[0]
    assert found.state == "missed" and "一直没有应答" in found.reason
    assert crew.effects("wecom", "customer_task") == []
    balance(house)


def test_what_waits_for_quota_beyond_its_lateness_is_skipped_as_exhausted(crew: Crew) -> None:
    account = crew.account("official_account", "subscription", 5_000)
    campaigns = [crew.house.campaign(lateness=timedelta(seconds=20)) for _ in range(2)]
    for campaign in campaigns:
        dispatch = crew.house.dispatch(campaign, account, route="mass", repeat=("key", 86_000))
        crew.house.as_owner(
            "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)"
            " VALUES (%s, %s, %s, 'all', 'all', 5000)",
            campaign, dispatch, account,
        )  # fmt: skip
    for _ in range(80):  # while the other's call is on its way its unit may come back
        crew.turn()
        states = crew.house.rows("SELECT state, code FROM deliveries ORDER BY id")
        if not any(row["state"] in ("due", "sending") for row in states):
            break
        crew.run(asyncio.sleep(0.1))
    assert {"state": "skipped", "code": "exhausted"} in states
    assert len(crew.effects("official_account", "mass")) == 1
    balance(crew.house)


@pytest.mark.parametrize("step", ["approve", "release"])
def test_a_campaign_whose_time_is_over_is_neither_approved_nor_released(house: House, step: str) -> None:
    state = "awaiting_approval" if step == "approve" else "approved"
    campaign = house.campaign(state=state, lateness=timedelta(minutes=30), due="now() - interval '1 hour'")
    digest = house.one("SELECT digest FROM campaigns WHERE id = %s", campaign)
    with house.within(), pytest.raises(Conflict) as refused:
        if step == "approve":
            approve(house.actor("reviewer"), campaign, digest)
        else:
            release(house.actor("editor"), campaign)
    assert refused.value.code == "too_late" and "missed: planned" in refused.value.message[1]
    assert house.one("SELECT state FROM campaigns WHERE id = %s", campaign) == state
    assert house.rows("SELECT 1 AS one FROM approvals WHERE campaign_id = %s AND %s = 'approve'", campaign, step) == []


def test_a_campaign_to_go_now_may_be_approved_a_day_later(house: House) -> None:
    campaign = house.campaign(state="awaiting_approval", due="now() - interval '1 day'")
    digest = house.one("SELECT digest FROM campaigns WHERE id = %s", campaign)
    with house.within():
        house.as_owner('UPDATE campaigns SET draft = \'{"schedule": {"form": "now"}}\' WHERE id = %s', campaign)
        approve(house.actor("reviewer"), campaign, digest, go=False)
        release(house.actor("editor"), campaign)
        with transaction():
            found = db.session.get_one(Campaign, campaign)
            assert found.state == "released" and datetime.now(UTC) - found.due_at < timedelta(minutes=1)


def test_a_day_of_lateness_has_24_hours_also_over_a_change_of_clocks(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the night of 13 March 2027 clocks in New York go forward: a calendar day there has 23 hours."""
    monkeypatch.setenv("PGTZ", "America/New_York")
    account = crew.account("personal", "assisted", 3)
    campaign = crew.house.campaign(due="timestamptz '2027-03-13 12:00+00'", lateness=timedelta(days=1))
    crew.house.dispatch(campaign, account, route="assisted", rows=1)

    async def ask() -> list[dict[str, Any]]:
        pool = Pool(settings().database_url, 1)
        await pool.open()
        try:
            async with pool.tenant(crew.house.tenant) as connection:
                return await store.due_dispatches(connection, datetime(2027, 3, 14, tzinfo=UTC))
        finally:
            await pool.close()

    (row,) = crew.run(ask())
    assert row["deadline"] - row["due_at"] == timedelta(hours=24)


def test_what_a_stop_held_for_too_long_is_missed_and_says_so(crew: Crew) -> None:
    house = crew.house
    account = crew.account("personal", "assisted", 30)
    campaign = house.campaign(due="now() - interval '1 minute'", lateness=timedelta(seconds=30))
    dispatch = house.dispatch(campaign, account, route="assisted", rows=1, people=10, repeat=("key", 3600))
    with house.within():
        stop(house.actor("owner"), "tenant", "", "客户要求")
    house.as_owner("UPDATE stops SET at = now() - interval '2 minutes'")
    crew.turn()
    assert house.rows(STATE, dispatch)[0]["state"] == "missed"
    with house.within():
        found = campaign_report(house.actor("editor"), campaign).accounts[0]
    assert "发送被停止" in found.reason and "没有解除" in found.reason


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Asia/Shanghai", "计划 2026-11-01 13:30"), ("America/New_York", "计划 2026-11-01 01:30")],
)
def test_times_are_told_in_the_accounts_zone(zone: str, shown: str) -> None:
    due = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    words = missed_words(due, due + timedelta(hours=2), due + timedelta(hours=14, minutes=5), zone)
    assert words.startswith(shown)
    assert "晚了 14 小时 5 分钟，最多可晚 2 小时" in words and "14 h 5 min late; at most 2 h" in words
