"""Real workers, schedulers and members' steps that end or sleep at a named point: each call is made once, or not at all."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from saas.delivery.ring import RING
from saas.kernel.settings import settings
from tests.faults.conftest import Field

GROUPS = 28


def test_check_02_a_worker_that_slept_through_its_lease_calls_nobody_when_it_wakes(field_of: Field) -> None:
    sleeper = field_of.worker()
    field_of.push("text", "sleep", accounts=("onebot",))
    field_of.wait(lambda: len(field_of.reached("group")) > 4, "nothing goes out")
    field_of.children.freeze(sleeper)
    other = field_of.worker()
    field_of.scheduler()
    field_of.wait(lambda: field_of.states("sleep").keys() <= {"sent", "unknown"}, "the other worker does not go on")
    out = len(field_of.reached("group"))
    field_of.children.thaw(sleeper)
    time.sleep(2.0)
    assert {sleeper, other} <= field_of.children.alive.keys()
    assert len(field_of.reached("group")) <= out + 1, "the one call that had begun may end, no other begins"
    assert set(field_of.reached("group").values()) == {1}
    assert field_of.states("sleep").get("unknown", 0) <= 4
    assert sum(field_of.states("sleep").values()) == GROUPS
    field_of.balance()


def test_check_03_what_valkey_forgot_is_sent_within_a_minute(field_of: Field) -> None:
    field_of.push("template", "forgotten")
    with Redis.from_url(settings().redis_url) as valkey:
        assert valkey.exists(RING), "somebody was woken"
        valkey.flushall()
    field_of.worker()
    field_of.scheduler()
    field_of.wait(lambda: len(field_of.reached("template")) > 3, "the lost wake-up was not found again", patience=60)
    with Redis.from_url(settings().redis_url) as valkey:
        valkey.flushall()
    field_of.wait(lambda: field_of.states("forgotten").keys() == {"accepted"}, "not all went out", patience=60)
    assert (len(field_of.reached("template")), set(field_of.reached("template").values())) == (30, {1})
    field_of.balance()


def test_check_07_two_schedulers_and_five_workers_send_a_thousand_due_rows_once_each(field_of: Field) -> None:
    for _ in range(5):
        field_of.worker()
    for _ in range(2):
        field_of.scheduler()
    field_of.push("template", "thousand", people=1000)
    field_of.wait(lambda: field_of.states("thousand").keys() <= {"accepted", "sent"}, "not all went out")
    reached = field_of.reached("template")
    assert (len(reached), set(reached.values())) == (1000, {1})
    assert field_of.rows("SELECT used, reserved FROM quota_windows") == [{"used": 1000, "reserved": 0}]
    assert field_of.rows("SELECT DISTINCT crashes FROM deliveries") == [{"crashes": 0}]
    field_of.balance()


@pytest.mark.parametrize("point", ["in_plan", "in_approve", "in_release", "after_release"])
def test_check_09_a_step_that_dies_around_its_commit_loses_nothing_and_doubles_nothing(field_of: Field, point: str) -> None:
    field_of.worker()
    died = field_of.push("template", "step", (point, ""))
    assert (died.status, died.at) == (-9, (point, ""))
    if point == "after_release":
        assert sum(field_of.states("step").values()) == 30, "what was committed is there, though nobody was woken"
    else:
        assert field_of.push("template", "step").status == 0
    field_of.scheduler()
    field_of.wait(lambda: field_of.states("step").keys() == {"accepted"}, "it was never sent")
    assert set(field_of.reached("template").values()) == {1}
    assert field_of.rows("SELECT count(*) AS n FROM campaigns") == [{"n": 1}]
    field_of.balance()


def test_check_11_what_kills_three_workers_is_set_aside_with_its_reason_and_the_queue_goes_on(field_of: Field) -> None:
    poison = ("before_call", "wecom/app/app")
    field_of.scheduler()
    field_of.push("text", "poison", accounts=("app",))
    for died in range(1, 4):
        field_of.worker(poison)
        field_of.wait(lambda died=died: sum(one.at == poison for one in field_of.hear()) == died, "nobody died of it")  # type: ignore[misc]
    field_of.worker(poison)
    field_of.wait(lambda: field_of.states("poison") == {"unknown": 1}, "it is tried for ever")
    field_of.push("template", "healthy")
    field_of.wait(lambda: field_of.states("healthy").keys() == {"accepted"}, "the queue does not go on")
    aside = field_of.rows("SELECT crashes, reason, unknown = people AS whole FROM deliveries WHERE state = 'unknown'")
    assert aside == [{"crashes": 3, "reason": "set aside after three lost workers", "whole": True}]
    assert sum(one.at == poison for one in field_of.hear()) == 3, "nobody else dies of it"
    assert field_of.rehearsal.effects()[-1]["kind"] == "template"
    field_of.balance()
