"""An administrator who must confirm, and a person who sends by hand: states with deadlines, and an honest end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saas.channels.outcome import Progress
from saas.delivery.policy import progressed
from saas.delivery.settling import tick_off
from saas.kernel import clock
from saas.kernel.errors import Conflict
from saas.reports.service import campaign_report
from tests.delivery.books import balance
from tests.waiting.conftest import Crew

HAND = {"state": "partly_sent", "d": 12, "f": 0, "s": 18, "u": 0, "w": 0}


def test_a_batch_that_is_not_ticked_off_by_its_deadline_is_closed_and_said(crew: Crew) -> None:
    delivery = crew.sent(crew.account("personal", "assisted", 30), 30, "assisted", confirm_within="4h")
    with crew.house.within():
        tick_off(crew.house.actor("editor"), delivery, 12)
    crew.ask(delivery)
    held = crew.house.rows("SELECT poll_at = awaiting_until AS at_the_end, state FROM deliveries WHERE id = %s", delivery)
    assert held == [{"at_the_end": True, "state": "awaiting"}]
    crew.age(delivery, timedelta(hours=4, seconds=1))
    crew.turn()
    assert crew.counts(delivery) == HAND
    with crew.house.within():
        row = campaign_report(crew.house.actor("editor"), crew.house.one("SELECT campaign_id FROM deliveries")).accounts[0]
    assert row.state == "partly_sent" and "18 人没有打勾" in row.reason
    balance(crew.house)


def test_who_ticks_off_after_the_deadline_is_believed_and_the_sums_balance(crew: Crew) -> None:
    delivery = crew.sent(crew.account("personal", "assisted", 30), 30, "assisted", confirm_within="4h")
    crew.ask(delivery)
    crew.age(delivery, timedelta(hours=5))
    crew.turn()
    assert crew.counts(delivery)["s"] == 30
    for done, state in ((20, "partly_sent"), (30, "sent")):
        with crew.house.within():
            tick_off(crew.house.actor("editor"), delivery, done)
        assert crew.counts(delivery) == {"state": state, "d": done, "f": 0, "s": 30 - done, "u": 0, "w": 0}
        balance(crew.house)
    with crew.house.within(), pytest.raises(Conflict):
        tick_off(crew.house.actor("editor"), delivery, 29)


def test_what_a_platform_ended_is_not_ticked_off(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40, confirm_within="1h")
    crew.ask(delivery)
    crew.age(delivery, timedelta(hours=2))
    crew.turn()
    assert crew.counts(delivery)["s"] == 40
    with crew.house.within(), pytest.raises(Conflict):
        tick_off(crew.house.actor("editor"), delivery, 40)


def test_what_a_platform_counts_nobody_ticks_off(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)
    before = crew.counts(delivery)
    assert before["w"] == 40
    with crew.house.within(), pytest.raises(Conflict, match="the platform counts"):
        tick_off(crew.house.actor("editor"), delivery, 40)
    assert crew.counts(delivery) == before


def test_what_is_ticked_off_in_time_is_sent_and_nothing_expires(crew: Crew) -> None:
    delivery = crew.sent(crew.account("personal", "assisted", 30), 30, "assisted")
    with crew.house.within():
        tick_off(crew.house.actor("editor"), delivery, 30)
    crew.age(delivery, timedelta(days=10))
    crew.turn()
    assert crew.counts(delivery) == {"state": "sent", "d": 30, "f": 0, "s": 0, "u": 0, "w": 0}


def test_an_administrators_half_hour_is_a_state_with_a_deadline(crew: Crew) -> None:
    settings = {"send_protection": True}
    account = crew.account("official_account", "service", 5_000, settings, admin="silent", finish_delay=0.05)
    delivery = crew.sent(account, 5_000, "mass")
    assert crew.counts(delivery) == {"state": "awaiting", "d": 0, "f": 0, "s": 0, "u": 0, "w": 5_000}
    left = crew.house.one("SELECT awaiting_until - started_at FROM deliveries WHERE id = %s", delivery)
    assert left == timedelta(minutes=30)
    assert crew.effects("official_account", "mass") == []
    balance(crew.house)


def test_what_a_stopped_job_leaves_uncounted_is_failed_or_skipped_for_everybody_as_it_says() -> None:
    for rest, counts in (("failed", (0, 100, 0, 0)), ("skipped", (0, 0, 100, 0)), ("unknown", (0, 0, 0, 100))):
        news = progressed(1, "all", 100, 100, {}, Progress(final=True, rest=rest), clock.now())  # type: ignore[arg-type]
        assert (news.d, news.f, news.s, news.u) == counts
        assert news.state == rest
