"""The official API's caps: never one more than allowed, whatever runs at once, and after a restart too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from qunfa_qq_group import plugin
from saas.channels import Exhausted, Message, Receipt, Throttled


def test_the_twenty_first_message_of_a_minute_to_one_group_is_exhausted(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop")
    assert all(isinstance(theatre.send(account), Receipt) for _ in range(20))
    outcome = theatre.send(account)
    assert isinstance(outcome, Exhausted)
    assert (outcome.code, outcome.window) == ("40034100", "group_per_minute")
    assert len(theatre.effects()) == 20


@pytest.mark.parametrize(("certified", "most"), [(False, 30), (True, 60)])
def test_a_bot_sends_no_more_than_its_minute_allows(theatre, certified, most):
    theatre.stand_still()
    account = theatre.enrol("shop", size=5)
    theatre.record(account)["certified"] = certified
    outcomes = [theatre.send(account, place=turn % 5) for turn in range(most + 1)]
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True] * most + [False]


def test_a_quota_refused_again_in_a_later_minute_waits_for_longer(theatre):
    account = theatre.enrol("shop")
    theatre.fault("error", path="/messages", value="40034100")
    line = theatre.platform(account)
    line.clock = datetime(2026, 11, 20, 4, 0, 5, tzinfo=UTC)
    assert theatre.send(account).resets_at == datetime(2026, 11, 20, 4, 1, tzinfo=UTC)
    line.clock += timedelta(minutes=1)
    later = theatre.send(account)
    assert (later.window, later.resets_at) == ("group_per_day", line.clock + timedelta(hours=1))


def test_the_thousand_and_first_message_of_a_day_is_refused_after_a_restart_too(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop")
    group = theatre.groups(account)[0]
    theatre.pass_seconds(-3600)
    for number in range(1000):
        theatre.server.stage.effect(theatre.id_of(account), "group", 1, "", f"m{number}", target=group)
    theatre.restart()
    theatre.stand_still()
    account = theatre.enrol("shop")
    assert theatre.send(account).code == "40034100"
    assert isinstance(theatre.send(account, place=1), Receipt)


def test_a_restart_keeps_the_minute_the_token_and_the_messages(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop")
    receipts = [theatre.send(account) for _ in range(20)]
    theatre.restart()
    theatre.stand_still()
    account = theatre.enrol("shop")
    assert theatre.send(account).code == "40034100"
    assert theatre.platform(account).fetches == 1
    assert isinstance(theatre.recall(account, dict(receipts[0].ids)), Receipt)


def test_forty_calls_at_once_reach_thirty_groups_members_and_no_more(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop", size=4)

    async def rush():
        sends = [
            plugin.send(account, Message("text", text="好"), theatre.delivery(account, turn % 4), theatre.platform(account))
            for turn in range(40)
        ]
        return await asyncio.gather(*sends)

    theatre.send(account)
    outcomes = theatre.run(rush())
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 29
    assert sum(isinstance(outcome, Exhausted) for outcome in outcomes) == 11
    assert len(theatre.effects()) == 30


def test_the_eleventh_recall_of_a_second_is_throttled_and_works_in_the_next(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop")
    receipts = [theatre.send(account) for _ in range(11)]
    outcomes = [theatre.recall(account, dict(receipt.ids)) for receipt in receipts]
    assert [type(outcome) for outcome in outcomes] == [Receipt] * 10 + [Throttled]
    theatre.pass_seconds(1)
    assert isinstance(theatre.recall(account, dict(receipts[-1].ids)), Receipt)


def test_more_than_a_hundred_calls_a_second_are_throttled(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop", groups=[])  # of known groups it would ask more

    async def rush():
        return await asyncio.gather(*(plugin.connect(account, theatre.platform(account)) for _ in range(101)))

    theatre.connect(account)
    assert sum(isinstance(outcome, Throttled) for outcome in theatre.run(rush())) == 2
