"""Customer mass send: created by us, confirmed by members, polled, stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saas.channels import (
    Exhausted,
    Link,
    Message,
    NotSent,
    Picture,
    Receipt,
    Refused,
    Template,
    Throttled,
    Unauthorized,
    Unknown,
)

Play = Callable[..., None]

PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)

LINK = Message("link", text="详情见图文", link=Link("春分", "https://www.example.com/spring", "三件小事", PICTURE))
MINI = Message("miniprogram", images=(PICTURE,), template=Template("wx0123456789abcdef", {"title": "预约"}, "pages/book"))


def text(words: str = "春分之后的三件小事") -> Message:
    return Message("text", text=words)


def test_twelve_thousand_customers_are_delivered_in_two_batches_within_two_seconds(play: Play) -> None:
    async def scene(stand: Any) -> None:
        began = time.monotonic()
        ids = [t.ids[0] for t in await stand.targets()]
        batches = [await stand.delivery(ids[:10_000]), await stand.delivery(ids[10_000:])]
        receipts = [await stand.send(LINK, batch) for batch in batches]
        ends = [await stand.finished(batch, receipt) for batch, receipt in zip(batches, receipts, strict=True)]
        assert time.monotonic() - began < 2.5
        assert len(ids) == len(set(ids)) == 12_850
        for batch, receipt, end in zip(batches, receipts, ends, strict=True):
            assert end.delivered + end.skipped == batch.target.people
            assert stand.people(receipt.ids["msgid"]) == end.delivered
        assert sum(e.skipped for e in ends) == 13
        assert {f.code for f in ends[0].failures} == {"send_status_2"}

    play("customer", 12_850, scene)


def test_what_is_sent_waits_until_members_confirm_and_can_then_be_stopped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await stand.delivery()
        receipt = await stand.send(text(), delivery)
        accepted = replace(delivery, ids=receipt.ids)
        await asyncio.sleep(0.15)
        waiting = await stand.progress(accepted)
        assert (waiting.awaiting, waiting.delivered, waiting.final) == (40, 0, False)
        assert waiting.awaiting_until > stand.platform.now() and waiting.poll_after >= 0.5
        stopped = await stand.recall(accepted)
        assert isinstance(stopped, Receipt) and stopped.progress.skipped == 40
        assert (await stand.progress(accepted)).final
        stand.patch(confirm="auto")
        assert (await stand.progress(accepted)).delivered == 0
        assert not stand.effects("customer")

    play("customer", 40, scene)


def test_what_one_member_has_sent_stays_and_the_rest_is_stopped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm_share=0.5)
        delivery = await stand.delivery()
        receipt = await stand.send(text(), delivery)
        accepted = replace(delivery, ids=receipt.ids)
        await asyncio.sleep(0.2)
        halfway = await stand.progress(accepted)
        assert (halfway.delivered, halfway.skipped, halfway.awaiting, halfway.final) == (2_000, 0, 2_000, False)
        assert halfway.reason.endswith("1 of 2 members have confirmed")
        stopped = await stand.recall(accepted)
        assert (stopped.progress.delivered, stopped.progress.skipped) == (2_000, 2_000)
        stand.patch(confirm_share=1.0)
        end = await stand.progress(accepted)
        assert (end.delivered, end.skipped, end.final) == (2_000, 2_000, True)
        assert stand.people(receipt.ids["msgid"]) == 2_000

    play("customer", 4_000, scene)


def test_stopping_right_after_the_call_waits_for_the_tasks_to_be_there(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await stand.delivery()
        receipt = await stand.send(text(), delivery)
        stopped = await stand.recall(replace(delivery, ids=receipt.ids))
        assert isinstance(stopped, Receipt) and stopped.progress.skipped == 40

    play("customer", 40, scene)


def test_what_members_have_sent_cannot_be_taken_back(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        receipt = await stand.send(text(), delivery)
        await stand.finished(delivery, receipt)
        assert isinstance(await stand.recall(replace(delivery, ids=receipt.ids)), Refused)

    play("customer", 40, scene)


def test_ids_that_are_nobodys_customers_are_skipped_and_the_people_balance(play: Play) -> None:
    async def scene(stand: Any) -> None:
        ids = [t.ids[0] for t in await stand.targets()]
        delivery = await stand.delivery([*ids[:30], "wmNobodyAtAllAAAAAAAAAAA"])
        receipt = await stand.send(text(), delivery)
        assert (receipt.progress.awaiting, receipt.progress.skipped) == (30, 1)
        assert receipt.progress.failures[0].target == "wmNobodyAtAllAAAAAAAAAAA"
        end = await stand.finished(delivery, receipt)
        assert (end.delivered, end.skipped) == (29, 2)

    play("customer", 40, scene)


def test_only_strangers_is_an_empty_audience(play: Play) -> None:
    async def scene(stand: Any) -> None:
        refused = await stand.send(text(), await stand.delivery(["wmNobodyAtAllAAAAAAAAAAA"]))
        assert isinstance(refused, Refused) and (refused.code, refused.field) == ("41048", "audience")

    play("customer", 40, scene)


def test_customers_over_their_cap_are_skipped_not_failed(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(cap_window="day")
        first = await stand.delivery()
        assert (await stand.finished(first, await stand.send(text("一"), first))).delivered == 39
        second = await stand.delivery()
        end = await stand.finished(second, await stand.send(text("二"), second))
        assert (end.delivered, end.skipped) == (0, 40)
        assert {f.code for f in end.failures} == {"send_status_2", "send_status_3"}

    play("customer", 40, scene)


@pytest.mark.parametrize("path", ["add_msg_template", "media/uploadimg"])
def test_a_token_the_platform_dropped_is_fetched_once_more(play: Play, path: str) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        stand.fault("token", path)
        assert isinstance(await stand.send(LINK, delivery), Receipt)
        assert stand.platform.fetched == 2
        assert len(stand.effects("customer_task")) == 1

    play("customer", 40, scene)


def test_a_stop_that_comes_while_a_token_is_replaced_reaches_the_second_try(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        stand.fault("token", "add_msg_template")

        async def leave() -> None:
            if stand.platform.fetched > 1:
                raise NotSent("stopped")

        monkeypatch.setattr(stand.platform, "go_ahead", leave)
        with pytest.raises(NotSent):
            await stand.send(LINK, delivery)
        assert stand.platform.fetched == 2
        assert stand.effects("customer_task") == []

    play("customer", 40, scene)


def test_a_token_that_keeps_being_refused_is_tried_again_later(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("error", "get_follow_user_list", "42001", times=2)
        told = await stand.connect()
        assert isinstance(told, Throttled) and told.retry_after == 10
        assert stand.platform.fetched == 2

    play("customer", 40, scene)


def test_an_unlisted_ip_a_wrong_secret_and_a_missing_right_each_say_what_a_person_must_do(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(ip_allowed=False)
        refused = await stand.send(text(), await stand.delivery(["wm1"]))
        assert isinstance(refused, Unauthorized) and (refused.reason, refused.code) == ("ip_not_listed", "60020")
        stand.patch(ip_allowed=True, rights=[])
        assert (await stand.connect()).reason == "no_right"
        stand.account = replace(stand.account, credentials={**stand.account.credentials, "app_secret": "wrong"})
        stand.platform.tokens.clear()
        refused = await stand.connect()
        assert isinstance(refused, Unauthorized) and (refused.reason, refused.code) == ("credentials", "40001")
        assert not stand.effects("customer_task")

    play("customer", 40, scene)


def test_a_picture_the_platform_dropped_early_is_uploaded_again(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.platform.memory[f"media:{PICTURE.sha256}"] = "3gone"
        delivery = await stand.delivery()
        assert isinstance(await stand.send(Message("image", images=(PICTURE,)), delivery), Receipt)
        assert len(stand.effects("customer_task")) == 1

    play("customer", 40, scene)


def test_members_that_are_named_must_have_customers_and_only_theirs_are_meant(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.account = replace(stand.account, settings={**stand.account.settings, "members": "Member0002，Nobody"})
        told = await stand.connect()
        assert isinstance(told, Refused) and told.field == "members" and "Nobody" in told.reason
        stand.account = replace(stand.account, settings={**stand.account.settings, "members": "Member0002"})
        assert isinstance(await stand.connect(), Receipt)
        delivery = await stand.delivery()
        assert delivery.target.people == 2_000 + 80
        end = await stand.finished(delivery, await stand.send(text(), delivery))
        assert end.delivered + end.skipped == 2_080
        assert {e.detail["member"] for e in stand.effects("customer")} == {"Member0002"}

    play("customer", 4_000, scene)


def test_a_busy_platform_is_asked_three_times_and_a_busy_send_is_unknown(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("error", "get_follow_user_list", "-1", times=2)
        assert isinstance(await stand.connect(), Receipt)
        stand.fault("error", "add_msg_template", "-1")
        delivery = await stand.delivery()
        assert isinstance(await stand.send(text(), delivery), Unknown)

    play("customer", 40, scene)


def test_too_many_uploads_a_day_are_exhausted_until_the_day_ends(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("error", "uploadimg", "45009")
        told = await stand.send(LINK, await stand.delivery())
        assert isinstance(told, Exhausted) and told.resets_at > stand.platform.now()

    play("customer", 40, scene)
