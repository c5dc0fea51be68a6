"""A campaign's own reminders: sent by the worker, each once, whoever dies when."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta

from saas.delivery.waiting_reminders import ABANDONED, Reminding
from tests.delivery.books import balance
from tests.waiting.conftest import Crew

DIES = """
import asyncio, os, signal, sys
from redis.asyncio import Redis
from saas.accounts.line import Lines
from saas.channels.http import Http
from saas.channels.registry import Registry
from saas.delivery.waiting_reminders import Reminding
from saas.kernel.pool import Pool
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings

async def die(*told):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(tenant, delivery, automatic):
    Reminding._settle = die
    pool = Pool(settings().database_url, 2)
    await pool.open()
    lines = Lines(pool, Redis.from_url(settings().redis_url), Sealer(settings().encryption_keys), Http(4))
    await Reminding(lines, Registry.from_entry_points(), tenant).remind(delivery, "system", automatic)

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) or None))
"""
STATES = "SELECT state, automatic FROM reminders ORDER BY id"


def dies_after_the_call(crew: Crew, delivery: int, automatic: int = 0) -> None:
    """A process of its own reminds, and is killed when the platform has answered and nothing of it is written."""

    async def child() -> int:
        words = (str(crew.house.tenant), str(delivery), str(automatic))
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", DIES, *words, env=dict(os.environ))
        return await asyncio.wait_for(process.wait(), 60)

    assert crew.run(child()) == -signal.SIGKILL


def waiting(crew: Crew, **options: str) -> int:
    """A mass send nobody confirms."""
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40, **options)
    crew.ask(delivery)
    return delivery


def test_a_kill_between_call_and_commit_never_leads_to_a_fourth_reminder(crew: Crew) -> None:
    delivery = waiting(crew)
    work = Reminding(crew.lines, crew.registry, crew.house.tenant)
    for _ in range(3):
        dies_after_the_call(crew, delivery)
        assert crew.run(work.remind(delivery, "editor")).outcome == "just_reminded"
        crew.age(delivery, timedelta(minutes=10))
        crew.house.run(ABANDONED)
    assert crew.run(work.remind(delivery, "editor")).outcome == "exhausted"
    assert len(crew.effects("wecom", "reminder")) == 3
    assert crew.house.rows(STATES) == [{"state": "unknown", "automatic": None}] * 3
    assert crew.house.one("SELECT sum(used)::int FROM quota_windows WHERE rule = 'remind_message'") == 3
    balance(crew.house)


def test_an_automatic_reminder_whose_worker_was_killed_after_the_call_is_not_sent_again(crew: Crew) -> None:
    delivery = waiting(crew, remind_after="1h")
    crew.age(delivery, timedelta(minutes=59))
    crew.ask(delivery)
    assert crew.effects("wecom", "reminder") == []
    dies_after_the_call(crew, delivery, automatic=1)
    crew.age(delivery, timedelta(minutes=30))
    for _ in range(3):
        crew.ask(delivery)
    assert len(crew.effects("wecom", "reminder")) == 1
    assert crew.house.rows(STATES) == [{"state": "unknown", "automatic": 1}], "a later question writes it off"
    balance(crew.house)


def test_the_campaigns_reminders_go_out_at_their_times_once_each(crew: Crew) -> None:
    delivery = waiting(crew, remind_after="1h, 3h")
    soon = crew.house.one("SELECT extract(epoch FROM poll_at - now()) FROM deliveries WHERE id = %s", delivery)
    assert soon < 3600
    for hours, expected in ((1, 1), (1, 1), (1, 2), (5, 2)):
        crew.age(delivery, timedelta(hours=hours))
        crew.ask(delivery)
        crew.ask(delivery)
        assert len(crew.effects("wecom", "reminder")) == expected
    query = "SELECT actor, detail -> 'automatic' AS number FROM audit_log WHERE action = 'deliveries.remind' ORDER BY id"
    lines = crew.house.rows(query)
    assert lines == [{"actor": "system", "number": 1}, {"actor": "system", "number": 2}]
    balance(crew.house)


def test_of_reminders_that_were_slept_through_only_the_last_is_sent(crew: Crew) -> None:
    delivery = waiting(crew, remind_after="1h, 2h, 3h")
    crew.age(delivery, timedelta(hours=10))
    crew.ask(delivery)
    crew.ask(delivery)
    assert crew.house.rows(STATES) == [{"state": "done", "automatic": 3}]
    assert len(crew.effects("wecom", "reminder")) == 1


def test_members_reminded_by_the_campaign_send_and_are_left_alone(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="reminded"), 40, remind_after="1h, 2h")
    crew.ask(delivery)
    assert crew.counts(delivery)["w"] == 40
    crew.age(delivery, timedelta(hours=1, seconds=1))
    crew.ask(delivery)
    crew.ask(delivery)
    assert crew.counts(delivery)["state"] == "sent"
    crew.age(delivery, timedelta(hours=2))
    crew.turn()
    assert len(crew.effects("wecom", "reminder")) == 1
    balance(crew.house)
