"""Customer moments: a job, members who publish, a listing in which a lost one is found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saas.channels import Absent, Link, MaybeSent, Message, Picture, Receipt, Refused, Throttled, Unknown

Play = Callable[..., None]

PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)

LINK = Message("link", text="看星星", link=Link("深空", "https://www.example.com/deep", "", PICTURE))


def text(words: str = "春分之后的三件小事") -> Message:
    return Message("text", text=words)


@pytest.mark.parametrize("message", [LINK, text(), Message("image", text="图", images=(PICTURE,))])
def test_members_publish_and_every_customer_is_counted_once(play: Play, message: Message) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        receipt = await stand.send(message, delivery)
        assert receipt.progress.awaiting == delivery.target.people == 12_000
        end = await stand.finished(delivery, receipt)
        assert (end.delivered, end.skipped) == (12_000, 0)
        assert stand.people(end.ids["moment_id"]) == 12_000

    play("moments", 12_000, scene)


def test_what_no_member_has_published_is_stopped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await stand.delivery()
        receipt = await stand.send(text(), delivery)
        accepted = replace(delivery, ids=receipt.ids)
        assert isinstance(await stand.recall(accepted), Throttled)
        while not (told := await stand.progress(accepted)).ids:
            pass
        assert told.awaiting == 60
        stopped = await stand.recall(replace(accepted, ids={**accepted.ids, **told.ids}))
        assert isinstance(stopped, Receipt) and stopped.progress.skipped == 60
        assert (await stand.progress(accepted)).final
        assert not stand.effects("moments")

    play("moments", 60, scene)


def test_what_half_of_the_members_have_published_stays_and_the_rest_is_stopped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm_share=0.5)
        delivery = await stand.delivery()
        accepted = replace(delivery, ids=(await stand.send(text(), delivery)).ids)
        await asyncio.sleep(0.3)
        halfway = await stand.progress(accepted)
        assert (halfway.delivered, halfway.awaiting, halfway.code) == (2_000, 2_000, "members_confirm")
        stopped = await stand.recall(replace(accepted, ids={**accepted.ids, **halfway.ids}))
        assert (stopped.progress.delivered, stopped.progress.skipped) == (2_000, 2_000)

    play("moments", 4_000, scene)


def test_a_published_moment_stays(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        receipt = await stand.send(text(), delivery)
        await stand.finished(delivery, receipt)
        assert isinstance(await stand.recall(replace(delivery, ids=receipt.ids)), Refused)

    play("moments", 60, scene)


def test_customers_who_do_not_see_it_after_ten_minutes_are_skipped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        larger = replace(delivery, target=replace(delivery.target, people=65))
        accepted = replace(larger, ids=(await stand.send(text(), larger)).ids)
        await asyncio.sleep(0.3)
        early = await stand.progress(accepted)
        assert (early.delivered, early.skipped, early.final) == (60, 0, False)
        stand.platform.ahead = 601
        late = await stand.progress(accepted)
        assert (late.delivered, late.skipped, late.final) == (60, 5, True)

    play("moments", 60, scene)


def test_a_lost_moment_is_found_once_and_not_claimed_from_another_delivery(play: Play) -> None:
    async def scene(stand: Any) -> None:
        other = await stand.delivery()
        known = await stand.send(LINK, other)
        stand.fault("drop_after", "add_moment_task")
        lost = await stand.delivery()
        with pytest.raises(MaybeSent):
            await stand.send(LINK, lost)
        while isinstance(found := await stand.lookup(LINK, lost), Unknown):
            pass
        assert isinstance(found, Receipt)
        first, second = await stand.finished(other, known), await stand.finished(lost, found)
        assert first.ids["moment_id"] != second.ids["moment_id"]
        assert len(stand.effects("moments_task")) == 2

    play("moments", 60, scene)


def test_a_moment_that_never_arrived_is_absent_after_half_a_minute(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("drop_before", "add_moment_task")
        delivery = await stand.delivery()
        with pytest.raises(MaybeSent):
            await stand.send(text(), delivery)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)
        stand.platform.ahead = 31
        assert isinstance(await stand.lookup(text(), delivery), Absent)

    play("moments", 60, scene)


def test_the_eleventh_moment_in_a_minute_is_throttled_for_a_minute(play: Play) -> None:
    async def scene(stand: Any) -> None:
        for number in range(10):
            assert isinstance(await stand.send(text(str(number)), await stand.delivery()), Receipt)
        told = await stand.send(text("十一"), await stand.delivery())
        assert isinstance(told, Throttled) and told.retry_after == 60

    play("moments", 60, scene)
