"""Each morning accounts are asked what they gained and lost: gaps are filled, revisions kept, a silent platform asked again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from qunfa_official_account.simulator.own_days import followers, truth
from qunfa_wecom.simulator.behaviour import truth as behaviour
from saas.delivery.account_days import FILLED, span
from tests.conftest import House
from tests.waiting.conftest import Crew

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = "SELECT day, name, value, source FROM account_days WHERE account_id = %s ORDER BY day, name"
ASKED = """
  SELECT known_until, fault, asks_at > now() + interval '30 minutes' AS later, asks_at
  FROM account_statistics WHERE account_id = %s"""


def yesterday() -> date:
    return datetime.now(ZONE).date() - timedelta(days=1)


def wake(house: House) -> None:
    house.run("UPDATE account_statistics SET asks_at = now() WHERE asks_at IS NOT NULL")


def test_thirty_days_are_filled_in_and_equal_what_the_platform_knows(crew: Crew) -> None:
    account = crew.account("official_account", "service", 5000)
    assert crew.house.one("SELECT count(*) FROM tenants_with_work(now())") == 0, "nobody is asked before the morning"
    wake(crew.house)
    assert crew.house.one("SELECT count(*) FROM tenants_with_work(now())") == 1
    crew.turn()
    stage, id = crew.servers["official_account"].stage, crew.ids[account]
    told = {(row["day"], row["name"]): row["value"] for row in crew.house.rows(DAYS, account)}
    days = [yesterday() - timedelta(days=n) for n in range(FILLED)]
    truths = {day: truth(id, stage.accounts[id], day) for day in days}
    followed = {(day, "followers"): followers(id, stage.accounts[id], day) for day in days}
    came = {(d, n): v for d, three in truths.items() for n, v in zip(("gained", "lost", "replies"), three, strict=True)}
    assert told == came | followed
    yesterdays, before = followed[days[0], "followers"], followed[days[1], "followers"]
    assert yesterdays - before == truths[days[0]][0] - truths[days[0]][1]
    assert crew.house.rows(ASKED, account)[0]["known_until"] == yesterday()
    assert crew.house.one("SELECT count(*) FROM tenants_with_work(now())") == 0


def test_customers_won_and_lost_are_added_up_over_all_members(crew: Crew) -> None:
    account = crew.account("wecom", "customer", 9000)
    wake(crew.house)
    crew.turn()
    stage, id = crew.servers["wecom"].stage, crew.ids[account]
    rows = crew.house.rows(DAYS, account)
    assert {row["name"] for row in rows} == {"gained", "lost"}
    from qunfa_wecom.simulator.corps import Corp

    members = Corp(id, stage.accounts[id]).members
    last = [behaviour(id, member, yesterday()) for member in members]
    told = {row["name"]: row["value"] for row in rows if row["day"] == yesterday()}
    assert told == {"gained": sum(one[0] for one in last), "lost": sum(one[1] for one in last)}


def test_a_number_the_platform_revises_keeps_the_old_one_and_is_not_written_twice(crew: Crew) -> None:
    account = crew.account("official_account", "service", 5000)
    wake(crew.house)
    crew.turn()
    before = crew.house.one("SELECT value FROM account_days WHERE day = %s AND name = 'gained'", yesterday())
    wake(crew.house)
    crew.turn()
    assert crew.house.one("SELECT count(*) FROM account_day_revisions") == 0, "the same again is no revision"
    crew.patch(account, days={str(yesterday()): [7, 0, 0]})
    wake(crew.house)
    crew.turn()
    assert crew.house.one("SELECT value FROM account_days WHERE day = %s AND name = 'gained'", yesterday()) == before + 7
    assert crew.house.rows("SELECT day, name, source, value FROM account_day_revisions WHERE name <> 'followers'") == [
        {"day": yesterday(), "name": "gained", "source": "statistics", "value": before}
    ]


def test_a_platform_that_does_not_answer_leaves_a_gap_and_is_asked_until_it_does(crew: Crew) -> None:
    account = crew.account("official_account", "service", 5000)
    crew.fault("official_account", "drop_before", "/datacube/", times=0)
    wake(crew.house)
    crew.turn()
    assert crew.house.rows(DAYS, account) == []
    (row,) = crew.house.rows(ASKED, account)
    assert row["known_until"] is None and row["fault"] and row["later"]
    crew.servers["official_account"].stage.faults.clear()
    wake(crew.house)
    crew.turn()
    assert len({row["day"] for row in crew.house.rows(DAYS, account)}) == FILLED
    assert crew.house.rows(ASKED, account)[0]["fault"] == ""


def test_a_channel_that_publishes_nothing_is_asked_once(crew: Crew) -> None:
    account = crew.account("personal", "assisted", 30)
    wake(crew.house)
    crew.turn()
    assert crew.house.rows(ASKED, account)[0]["asks_at"] is None
    assert crew.house.rows(DAYS, account) == []


@pytest.mark.parametrize(
    ("known", "first"),
    [(None, date(2026, 10, 23)), (date(2026, 11, 20), date(2026, 11, 18)), (date(2026, 3, 1), date(2026, 10, 23))],
)
def test_what_was_missed_is_asked_for_and_a_few_days_before_it(known: date | None, first: date) -> None:
    assert span(known, date(2026, 11, 21)) == (first, date(2026, 11, 21))


def test_each_account_is_asked_in_the_morning_of_its_own_zone(house: House) -> None:
    query = "SELECT next_morning(%s, 7, %s) AT TIME ZONE %s"
    for zone, now, expected in (
        ("Asia/Shanghai", "2026-11-22T00:00:00Z", "2026-11-22 08:12:00"),
        ("Asia/Shanghai", "2026-11-22T01:00:00Z", "2026-11-23 08:12:00"),
        ("America/New_York", "2026-11-22T01:00:00Z", "2026-11-22 08:12:00"),
    ):
        assert str(house.one(query, zone, now, zone)) == expected
