"""Send protection: a person on the account's side confirms, refuses, or never answers, and each ends as what it is."""

import asyncio
from dataclasses import replace

import pytest

from qunfa_official_account import plugin
from saas.channels import Delivery, Message, Target

TEXT = Message("text", text="春分之后的三件小事")


async def test_what_the_administrator_confirms_goes_out_then_and_not_before(rehearse, to_all):
    async with rehearse(admin="silent", admin_delay=0.0) as stage:
        stage.settings(send_protection=True)
        answer = await stage.send(TEXT, to_all)
        assert answer.progress.awaiting == 5000 and answer.progress.awaiting_until
        await asyncio.sleep(0.25)
        assert stage.effects("mass") == []
        waiting = await plugin.progress(stage.account, replace(to_all, ids=answer.ids), stage.line)
        assert (waiting.awaiting, waiting.final) == (5000, False)
        stage.patch(admin="confirms")
        (done,) = await stage.heard()
        assert done.progress.final and done.progress.delivered == stage.effects("mass")[0].people > 4900


@pytest.mark.parametrize(
    ("record", "rest", "code"),
    [({"admin": "refuses"}, "failed", "err(40001)"), ({"admin": "silent", "admin_seconds": 0.5}, "skipped", "expired")],
)
async def test_a_refusal_is_a_failure_and_silence_has_expired(rehearse, to_all, record, rest, code):
    async with rehearse(**record) as stage:
        stage.settings(send_protection=True)
        answer = await stage.send(TEXT, to_all)
        (told,) = await stage.heard()
        assert (told.progress.final, told.progress.rest, told.progress.code) == (True, rest, code)
        assert "管理员" in told.progress.reason
        assert stage.effects("mass") == []
        asked = await plugin.progress(stage.account, replace(to_all, ids=answer.ids), stage.line)
        assert not asked.final, "the event may still come: only it says why"


async def test_lists_are_sent_without_the_administrator(rehearse):
    async with rehearse(kind="service", admin="silent") as stage:
        stage.settings(send_protection=True)
        target = Target("ids", ("o" + "1" * 27, "o" + "2" * 27), 2)
        answer = await stage.send(TEXT, Delivery(2, "c" * 32, "mass_list", target, started_at=stage.line.now()))
        assert answer.progress.awaiting == 0
        assert len(stage.effects("mass")) == 1


async def test_a_job_that_waits_survives_a_restart_of_the_rehearsal_and_goes_out_once(rehearse, to_all):
    async with rehearse(admin="silent", admin_delay=0.0) as stage:
        await stage.send(TEXT, to_all)
    async with rehearse(admin="confirms", admin_delay=0.0) as stage:
        for _ in range(50):
            await asyncio.sleep(0.05)
            if stage.effects("mass"):
                break
        assert len(stage.effects("mass")) == 1
    async with rehearse(admin="confirms", admin_delay=0.0) as stage:
        await asyncio.sleep(0.3)
        for _ in range(200):
            if stage.effects("mass"):
                break
            await asyncio.sleep(0.05)
        assert len(stage.effects("mass")) == 1
