"""The rehearsal server comes back from a restart as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qunfa_wecom.simulator.journal import Journal
from saas.channels import Message, Receipt

Play = Callable[..., None]
TEXT = Message("text", text="春分之后的三件小事")


def test_a_mass_send_half_confirmed_survives_a_restart(play: Play) -> None:
    kept = {}

    async def before(stand: Any) -> None:
        stand.patch(confirm_delay=0.4)
        kept["delivery"] = await stand.delivery()
        receipt = await stand.send(TEXT, kept["delivery"])
        kept["accepted"] = replace(kept["delivery"], ids=receipt.ids)
        done = await stand.delivery()
        stand.patch(confirm_delay=0.0)
        kept["over"] = replace(done, ids=(await stand.send(Message("text", text="二"), done)).ids)
        await asyncio.sleep(0.15)
        stand.patch(confirm_delay=0.4)

    async def after(stand: Any) -> None:
        over = await stand.progress(kept["over"])
        assert over.final and over.delivered == 39
        end = await stand.finished(kept["accepted"], Receipt(kept["accepted"].ids))
        assert (end.delivered, end.skipped) == (39, 1)
        assert stand.people(kept["accepted"].ids["msgid"]) == 39
        assert len(stand.effects("customer")) == 2

    play("customer", 40, before)
    play("customer", 40, after)


def test_what_was_stopped_and_what_was_posted_survive_a_restart(play: Play) -> None:
    kept = {}

    async def before(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await stand.delivery()
        receipt = await stand.send(TEXT, delivery)
        await asyncio.sleep(0.25)
        told = await stand.progress(replace(delivery, ids=receipt.ids))
        kept["accepted"] = replace(delivery, ids={**receipt.ids, **told.ids})
        await stand.recall(kept["accepted"])
        stand.patch(confirm="auto")

    async def after(stand: Any) -> None:
        told = await stand.progress(kept["accepted"])
        assert told.delivered == 0 and not stand.effects("moments")

    play("moments", 60, before)
    play("moments", 60, after)


def test_a_duplicate_is_still_dropped_after_a_restart(play: Play) -> None:
    kept = {}

    async def before(stand: Any) -> None:
        kept["delivery"] = await stand.delivery()
        kept["first"] = await stand.send(TEXT, kept["delivery"])

    async def after(stand: Any) -> None:
        again = await stand.send(TEXT, kept["delivery"])
        assert again.ids == kept["first"].ids and len(stand.effects("app")) == 1
        assert isinstance(await stand.recall(replace(kept["delivery"], ids=again.ids)), Receipt)

    play("app", 38, before)
    play("app", 38, after)


def test_a_line_cut_by_a_kill_is_dropped_and_the_next_one_is_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "tasks.jsonl")
    journal.write("reminder", msgid="a", at=1)
    with (tmp_path / "tasks.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"what":"remin')
    assert [line["msgid"] for line in journal.lines()] == ["a"]
    journal.write("reminder", msgid="b", at=2)
    assert [line["msgid"] for line in journal.lines()] == ["a", "b"]
