"""A customer mass send whose answer was lost is found again, never claimed from another, never sent blindly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from saas.channels import (
    Absent,
    Link,
    MaybeSent,
    Message,
    Picture,
    Receipt,
    Template,
    Unknown,
)

Play = Callable[..., None]

PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)

LINK = Message("link", text="详情见图文", link=Link("春分", "https://www.example.com/spring", "三件小事", PICTURE))
MINI = Message("miniprogram", images=(PICTURE,), template=Template("wx0123456789abcdef", {"title": "预约"}, "pages/book"))


def text(words: str = "春分之后的三件小事") -> Message:
    return Message("text", text=words)


@pytest.mark.parametrize("message", [LINK, MINI, text(), Message("image", images=(PICTURE, PICTURE))])
def test_a_lost_answer_is_found_again_and_the_effect_is_there_once(play: Play, message: Message) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("drop_after", "add_msg_template")
        delivery = await stand.delivery()
        with pytest.raises(MaybeSent):
            await stand.send(message, delivery)
        found = await stand.found(message, delivery)
        assert isinstance(found, Receipt)
        end = await stand.finished(delivery, found)
        assert (end.delivered, end.skipped) == (39, 1)
        assert len(stand.effects("customer_task")) == 1
        assert stand.people(found.ids["msgid"]) == 39

    play("customer", 40, scene)


def test_two_lost_batches_of_the_same_content_are_told_apart_by_their_customers(play: Play) -> None:
    async def scene(stand: Any) -> None:
        ids = [t.ids[0] for t in await stand.targets()]
        stand.fault("drop_after", "add_msg_template", times=2)
        batches = [await stand.delivery(ids[:300]), await stand.delivery(ids[300:])]
        for batch in batches:
            with pytest.raises(MaybeSent):
                await stand.send(LINK, batch)
        found = [await stand.found(LINK, batch) for batch in reversed(batches)]
        assert len({f.ids["msgid"] for f in found}) == 2
        assert [(await stand.finished(b, f)).delivered for b, f in zip(reversed(batches), found, strict=True)] == [200, 299]
        assert len(stand.effects("customer_task")) == 2

    play("customer", 500, scene)


def test_a_mass_send_that_another_delivery_owns_is_not_claimed(play: Play) -> None:
    async def scene(stand: Any) -> None:
        first = await stand.delivery()
        assert isinstance(await stand.send(text(), first), Receipt)
        second = await stand.delivery()
        stand.fault("drop_before", "add_msg_template")
        with pytest.raises(MaybeSent):
            await stand.send(text(), second)
        assert isinstance(await stand.lookup(text(), second), Unknown)
        stand.platform.ahead = 11
        assert isinstance(await stand.lookup(text(), second), Absent)

    play("customer", 40, scene)


def test_a_small_mass_send_of_the_same_words_is_not_taken_for_a_large_one(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        small = await stand.delivery(list(delivery.target.ids[:5]))
        await stand.send(text(), small)
        stand.platform.memory.clear()
        await asyncio.sleep(0.15)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)
        stand.platform.ahead = 11
        assert isinstance(await stand.lookup(text(), delivery), Unknown)

    play("customer", 40, scene)


def test_what_never_arrived_is_unknown_at_first_and_absent_after_ten_seconds(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        stand.fault("drop_before", "add_msg_template")
        with pytest.raises(MaybeSent):
            await stand.send(text(), delivery)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)
        stand.platform.ahead = 11
        assert isinstance(await stand.lookup(text(), delivery), Absent)
        stand.fault("error", "get_groupmsg_list_v2", "45033", times=3)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)

    play("customer", 40, scene)


def test_a_lookup_waits_from_the_last_attempt_not_from_the_first(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        stand.platform.ahead = 3_600
        stand.fault("drop_before", "add_msg_template")
        with pytest.raises(MaybeSent):
            await stand.send(text(), delivery)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)

    play("customer", 40, scene)
