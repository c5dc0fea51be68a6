"""Whole trips under random faults: whatever breaks, everybody is reached once and every count balances."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saas.channels import Absent, Delivery, Link, MaybeSent, Message, NotSent, Outcome, Picture, Receipt, Throttled, Unknown

Play = Callable[..., None]
PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)
LINK = Message("link", text="详情", link=Link("春分", "https://www.example.com/spring", "三件小事", PICTURE))
FAULTS = (("drop_after", ""), ("drop_before", ""), ("http", "503"), ("error", "-1"), ("error", "45033"), ("token", ""))
PATHS = {
    "customer": ("add_msg_template", "get_groupmsg_list_v2", "get_groupmsg_task", "send_result", "uploadimg", "gettoken"),
    "moments": ("add_moment_task", "get_moment_task_result", "get_moment_list", "get_moment_task", "upload_attachment"),
    "app": ("message/send", "gettoken", "uploadimg"),
}


async def attempt(stand: Any, delivery: Delivery) -> Outcome:
    """One call as the core makes it."""
    try:
        outcome: Outcome = await stand.send(LINK, delivery)
    except NotSent:
        return Throttled(0)
    except MaybeSent:
        return Unknown("")
    return outcome


async def accepted(stand: Any, delivery: Delivery, by_key: bool) -> Receipt:
    """Send until the platform surely has it, never again before it is surely absent (or where the key makes it safe)."""
    for number in range(1, 60):
        outcome = await attempt(stand, replace(delivery, attempt=number))
        while isinstance(outcome, Unknown) and not by_key:
            outcome = await stand.lookup(LINK, delivery)
            stand.platform.ahead += 3
            await asyncio.sleep(0.02)
        if isinstance(outcome, Receipt):
            return outcome
        assert isinstance(outcome, Absent | Throttled | Unknown), outcome
    raise AssertionError("never accepted")


async def settled(stand: Any, delivery: Delivery, receipt: Receipt) -> Any:
    """Poll on through failures to ask."""
    told, ids = receipt.progress, dict(receipt.ids)
    while not told.final:
        await asyncio.sleep(0.05)
        try:
            told = await stand.progress(replace(delivery, ids=ids))
        except (NotSent, MaybeSent):
            continue
        ids |= told.ids
    return told


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("kind", "size"), [("customer", 700), ("moments", 90), ("app", 38)])
def test_under_random_faults_everybody_is_reached_once(play: Play, kind: str, size: int, seed: int) -> None:
    async def scene(stand: Any) -> None:
        whole, dice = await stand.delivery(), random.Random(seed)
        ids = list(whole.target.ids)
        deliveries = [await stand.delivery(ids[:400]), await stand.delivery(ids[400:])] if kind == "customer" else [whole]
        stand.platform.tokens.clear()
        for _ in range(6):
            name, value = dice.choice(FAULTS)
            stand.fault(name, dice.choice(PATHS[kind]), value, times=dice.randint(1, 2))
        receipts = [await accepted(stand, delivery, kind == "app") for delivery in deliveries]
        ends = [await settled(stand, d, r) for d, r in zip(deliveries, receipts, strict=True)]
        for delivery, end in zip(deliveries, ends, strict=True):
            assert end.delivered + end.skipped + end.failed == delivery.target.people
        assert sum(e.people for e in stand.server.stage.effects) == sum(end.delivered for end in ends)
        if kind != "app":
            assert len(stand.effects(f"{kind}_task")) == len(deliveries)

    play(kind, size, scene)
