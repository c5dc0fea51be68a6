"""What is noticed: each thing once, closed when it is over, and each recipient gets one line of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from saas.kernel.settings import settings
from saas.reports.alerts import ruling, service
from saas.reports.alerts.kinds import ALL, KINDS
from saas.reports.alerts.opening import look
from saas.reports.alerts.telling import within
from tests.conftest import House
from tests.reports.alerts.conftest import Watch


def send(house: House, account: int, people: int = 100, age: str = "1 hour", opened: int | None = None, **counts: int) -> int:
    """A send of so long ago that is over, with its counts."""
    campaign = house.campaign()
    dispatch = house.dispatch(campaign, account, rows=1, people=people)
    house.as_owner(
        f"UPDATE campaigns SET due_at = now() - interval '{age}', released_at = now() - interval '{age}' WHERE id = %s", campaign
    )
    told = {"delivered": people - sum(counts.values()), **counts}
    sets = ", ".join(f"{name} = {count}" for name, count in told.items())
    house.run(
        f"UPDATE deliveries SET state = 'unknown', {sets}, started_at = now() - interval '{age}' WHERE dispatch_id = %s", dispatch
    )
    if opened is not None:
        house.run(
            "INSERT INTO figures (dispatch_id, name, value, source, as_of)"
            f" VALUES (%s, 'opened', %s, 'statistics', now() - interval '{age}' + interval '1 hour')",
            dispatch, opened,
        )  # fmt: skip
    return dispatch


def test_an_account_that_cannot_send_is_noticed_once_and_closed_when_it_can(watch: Watch) -> None:
    account = watch.break_account("moon-1")
    watch.look()
    watch.look()
    assert watch.open() == [f"account:{account}"]
    watch.mend(account)
    watch.look()
    assert watch.open() == []
    assert watch.house.one("SELECT closed_for FROM alerts") == "resolved"


def test_what_comes_back_within_the_window_is_the_same_alert_and_later_another(watch: Watch) -> None:
    account = watch.break_account("moon-1")
    watch.look("account")
    watch.mend(account)
    watch.look("account")
    watch.house.run("UPDATE accounts SET status = 'broken' WHERE id = %s", account)
    watch.later(minutes=5)
    watch.look("account")
    assert watch.house.one("SELECT count(*) FROM alerts") == 1
    watch.mend(account)
    watch.look("account")
    watch.house.run("UPDATE accounts SET status = 'broken' WHERE id = %s", account)
    watch.later(hours=1)
    watch.look("account")
    assert watch.house.one("SELECT count(*) FROM alerts") == 2


def test_failed_missed_unknown_and_waiting_sends_are_each_noticed(watch: Watch) -> None:
    house = watch.house
    ids = [house.account(f"moon-{n}") for n in range(5)]
    failed, few = send(house, ids[0], failed=10), send(house, ids[1], failed=2)
    unknown = send(house, ids[2], unknown=7)
    missed = send(house, ids[3], skipped=100)
    house.as_owner("UPDATE dispatches SET code = 'missed' WHERE id = %s", missed)
    waiting = send(house, ids[4], awaiting=40)
    house.run(
        "UPDATE deliveries SET state = 'awaiting', awaiting_until = now() + interval '1 hour' WHERE dispatch_id = %s", waiting
    )
    watch.look()
    assert set(watch.open()) == {f"failed:{failed}", f"unknown:{unknown}", f"missed:{missed}", f"waiting:{waiting}"}
    assert f"failed:{few}" not in watch.open()
    with house.within():
        told = {one.kind: one.what for one in service.list_alerts(house.actor("analyst"))}
    assert told["failed"] == ("共 100，10 人没有发到", "10 people of 100 were not reached")
    assert told["unknown"][1] == "nobody knows whether 7 people got it"


def test_an_event_closes_by_itself_and_is_never_told_again(watch: Watch) -> None:
    send(watch.house, watch.house.account("moon-1"), failed=50)
    watch.look("failed")
    watch.later(days=3)
    watch.look("failed")
    assert watch.house.rows("SELECT closed_for FROM alerts") == [{"closed_for": "over"}]
    watch.later(days=-3)
    watch.look("failed")
    assert watch.house.one("SELECT count(*) FROM alerts") == 1


def test_a_cap_nearly_used_up_is_noticed_but_not_the_one_send_of_a_day(watch: Watch) -> None:
    account = watch.house.account("moon-1")
    for rule, cap, used in (("mass_day", 1, 1), ("mass_month", 4, 4), ("calls", 100, 20)):
        watch.house.run(
            "INSERT INTO quota_windows (account_id, rule, starts_at, ends_at, cap, used)"
            " VALUES (%s, %s, now() - interval '1 hour', now() + interval '20 days', %s, %s)", account, rule, cap, used,
        )  # fmt: skip
    watch.look("quota")
    assert watch.open() == [f"quota:{account}:mass_month"]


def test_an_open_rate_far_off_the_accounts_own_history_is_noticed_with_what_it_was_judged_by(watch: Watch) -> None:
    house = watch.house
    account, other = house.account("moon-1"), house.account("moon-2")
    for n in range(10):
        send(house, account, 1000, f"{20 - n} days", opened=50 + n, failed=0)
        if n < 3:
            send(house, other, 1000, f"{20 - n} days", opened=50 + n)
    house.as_owner("UPDATE deliveries SET state = 'sent'")
    low = send(house, account, 1000, "50 hours", opened=5)
    few = send(house, other, 1000, "50 hours", opened=5)
    house.as_owner("UPDATE deliveries SET state = 'sent'")
    watch.look("figure")
    assert watch.open() == [f"open:{low}"]
    facts = watch.house.one("SELECT facts FROM alerts")
    assert (facts["value"], facts["median"], facts["n"]) == (0.005, 0.0545, 10)
    assert facts["z"] < -3.5
    assert f"open:{few}" not in watch.open()


def test_a_rate_without_a_known_base_is_none(watch: Watch) -> None:
    house = watch.house
    account = house.account("moon-1")
    for n in range(10):
        send(house, account, 1000, f"{20 - n} days", opened=500)
    house.as_owner("UPDATE deliveries SET state = 'sent'")
    send(house, account, 1000, "50 hours", opened=5, unknown=10)
    watch.look("figure")
    assert watch.open() == []


def test_a_review_near_its_deadline_and_a_reminder_go_to_those_who_may_sign(mailed: Watch) -> None:
    house = mailed.house
    campaign = house.campaign(state="awaiting_approval", due="now() + interval '2 days'")
    house.dispatch(campaign, house.account("moon-1"), rows=1)
    mailed.look("review", "reminder")
    assert mailed.open() == []
    house.run(
        "INSERT INTO review_reminders (campaign_id, stage, member_id) VALUES (%s, 1, %s)", campaign, house.members["editor"]
    )
    mailed.later(hours=21)
    mailed.look("review", "reminder")
    assert sorted(subject.split(":")[0] for subject in mailed.open()) == ["reminder", "review"]
    told = house.rows("SELECT DISTINCT m.name FROM alert_notices n JOIN members m ON m.id = n.member_id ORDER BY 1")
    assert [row["name"] for row in told] == ["admin", "owner", "reviewer"]


def test_whom_a_rule_names_gets_one_line_each_and_no_client(mailed: Watch) -> None:
    mailed.break_account("moon-1")
    mailed.look("account")
    mailed.look("account")
    told = mailed.house.rows("SELECT m.role FROM alert_notices n JOIN members m ON m.id = n.member_id ORDER BY 1")
    assert [row["role"] for row in told] == ["admin", "owner"]


def test_a_rule_that_is_off_closes_what_it_found(watch: Watch) -> None:
    watch.break_account("moon-1")
    watch.look("account")
    with watch.house.within():
        ruling.save_rule(watch.house.actor("owner"), "account", replace(KINDS["account"].usual, is_on=False))
    watch.look("account")
    assert watch.house.one("SELECT closed_for FROM alerts") == "off"


def test_what_is_silenced_stays_listed_and_is_told_when_the_silence_is_over(mailed: Watch) -> None:
    mailed.break_account("moon-1")
    mailed.look("account")
    with mailed.house.within():
        made = service.silence(mailed.house.actor("editor"), 4, "maintenance", "account")
        assert [one.silenced for one in service.list_alerts(mailed.house.actor("editor"))] == [True]
    mailed.break_account("moon-2")
    assert mailed.round("account") == 0
    assert set(mailed.notices()) == {"held"}
    with mailed.house.within():
        service.end_silence(mailed.house.actor("editor"), made.id)
    assert mailed.round("account") == 2
    assert set(mailed.notices()) == {"told"}


def test_ten_processes_that_look_at_once_notice_each_thing_once(mailed: Watch) -> None:
    for n in range(5):
        mailed.break_account(f"moon-{n}")

    def glance(_: int) -> bool:
        with psycopg.connect(settings().database_url, autocommit=True) as line, within(line, mailed.house.tenant):
            return look(line, ALL, mailed.now, True)

    with ThreadPoolExecutor(10) as crowd:
        assert any(crowd.map(glance, range(10)))
    assert mailed.house.one("SELECT count(*) FROM alerts") == 5
    assert mailed.house.one("SELECT count(*) FROM alert_notices") == 10


def test_the_database_refuses_a_second_line_of_the_same(mailed: Watch) -> None:
    mailed.break_account("moon-1")
    mailed.look("account")
    line = mailed.house.rows("SELECT alert_id, what, member_id, next_try FROM alert_notices")[0]
    query = "INSERT INTO alert_notices (alert_id, what, member_id, next_try) VALUES (%s, %s, %s, %s)"
    with pytest.raises(psycopg.errors.UniqueViolation):
        mailed.house.run(query, *line.values())
    alert = """INSERT INTO alerts (kind, subject, is_event, facts, since, opened_at)
      SELECT kind, subject, false, '{}', since, since FROM alerts"""
    with pytest.raises(psycopg.errors.UniqueViolation):
        mailed.house.run(alert)


def test_every_kind_is_looked_for_and_can_be_told_in_both_languages(watch: Watch) -> None:
    from saas.reports.alerts.finding import FOUND
    from saas.reports.alerts.wording import SAYS

    assert set(FOUND) | {"report"} == set(KINDS) == set(SAYS), "a report is ordered, not noticed"
    for kind in ALL:
        assert all((*kind.title, *kind.remedy))
    assert json.dumps([kind.usual.threshold for kind in ALL])
    assert watch.now - timedelta(days=1) < watch.now
