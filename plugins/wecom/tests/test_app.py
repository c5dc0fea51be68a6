"""App messages: partial failure, the platform's own duplicate check, recall."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saas.channels import (
    Article,
    Exhausted,
    Link,
    MaybeSent,
    Message,
    Picture,
    Receipt,
    Refused,
    Throttled,
    Unauthorized,
    Unknown,
)

Play = Callable[..., None]

PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)

LINK = Message("link", link=Link("春分", "https://www.example.com/spring", "三件小事", PICTURE))
PAGES = Message(
    "articles",
    articles=(Article("春分", f'<p>好</p><img src="media:{PICTURE.sha256}">', cover=PICTURE, pictures=(PICTURE,)),),
)


def text(words: str = "春分之后的三件小事") -> Message:
    return Message("text", text=words)


@pytest.mark.parametrize("message", [LINK, PAGES, text(), Message("image", images=(PICTURE,))])
def test_every_member_gets_the_message_and_the_log_says_so(play: Play, message: Message) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        receipt = await stand.send(message, delivery)
        assert receipt.progress.final and receipt.progress.delivered == 38
        assert stand.people(receipt.ids["msgid"]) == 38

    play("app", 38, scene)


def test_articles_become_pages_whose_pictures_the_platform_keeps(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        await stand.send(PAGES, delivery)
        body = json.loads(stand.platform.memory[f"body:{delivery.key}"])
        html = body["mpnews"]["articles"][0]["content"]
        assert body["msgtype"] == "mpnews" and "media:" not in html and 'src="https://wework.qpic.cn/' in html

    play("app", 38, scene)


def test_articles_without_a_cover_become_cards_that_point_to_their_source(play: Play) -> None:
    async def scene(stand: Any) -> None:
        bare = Message("articles", articles=(Article("春分", "<p>好</p>", source_url="https://www.example.com/a"),))
        receipt = await stand.send(bare, await stand.delivery())
        assert stand.people(receipt.ids["msgid"]) == 38

    play("app", 38, scene)


def test_members_who_do_not_exist_make_a_partial_failure(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery(["Member0001", "Member0002", "LeftUs"])
        receipt = await stand.send(text(), delivery)
        done = receipt.progress
        assert (done.delivered, done.failed) == (2, 1)
        assert [(f.target, f.code) for f in done.failures] == [("leftus", "invaliduser")]
        refused = await stand.send(text("二"), await stand.delivery(["LeftUs"]))
        assert isinstance(refused, Refused) and refused.code == "81013"

    play("app", 38, scene)


def test_a_repeat_after_a_lost_answer_reaches_nobody_twice(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("drop_after", "message/send")
        delivery = await stand.delivery()
        with pytest.raises(MaybeSent):
            await stand.send(Message("image", images=(PICTURE,)), delivery)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)
        stand.platform.memory.pop(f"media:{PICTURE.sha256}")
        receipt = await stand.send(Message("image", images=(PICTURE,)), replace(delivery, attempt=2))
        assert receipt.progress.delivered == 38
        assert [e.people for e in stand.effects("app")] == [38]
        assert stand.effects("app")[0].platform_id == receipt.ids["msgid"]

    play("app", 38, scene)


def test_another_campaign_that_says_the_same_waits_until_it_may(play: Play) -> None:
    async def scene(stand: Any) -> None:
        await stand.send(text(), await stand.delivery())
        again = await stand.delivery()
        told = await stand.send(text(), again)
        assert isinstance(told, Throttled) and 1_790 < told.retry_after <= 1_811
        assert [e.people for e in stand.effects("app")] == [38]
        stand.server.stage.set_rate(1_000_000)
        await asyncio.sleep(0.01)
        stand.server.stage.set_rate(1)
        stand.platform.memory.clear()
        assert isinstance(await stand.send(text(), again), Receipt)
        assert [e.people for e in stand.effects("app")] == [38, 38]

    play("app", 38, scene)


def test_a_repeat_dropped_for_anothers_words_is_not_taken_for_sent(play: Play) -> None:
    async def scene(stand: Any) -> None:
        await stand.send(text(), await stand.delivery())
        stand.fault("drop_before", "message/send")
        delivery = await stand.delivery()
        with pytest.raises(MaybeSent):
            await stand.send(text(), delivery)
        assert isinstance(await stand.send(text(), replace(delivery, attempt=2)), Throttled)
        assert len(stand.effects("app")) == 1

    play("app", 38, scene)


def test_a_message_is_taken_back_within_a_day_and_refused_after(play: Play) -> None:
    async def scene(stand: Any) -> None:
        receipt = await stand.send(text(), await stand.delivery())
        accepted = replace(await stand.delivery(), ids=receipt.ids)
        assert isinstance(await stand.recall(accepted), Receipt)
        assert isinstance(await stand.recall(accepted), Receipt)
        assert len(stand.effects("recall")) == 1
        stand.server.stage.set_rate(1_000_000)
        while (stand.server.stage.now() - stand.platform.now()).total_seconds() < 86_401:
            await stand.connect()
        stand.server.stage.set_rate(1)
        assert isinstance(await stand.recall(accepted), Refused)

    play("app", 38, scene)


def test_the_days_person_times_are_exhausted_until_the_day_ends(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(accounts=0.1)
        stand.fault("error", "message/send", "45009")
        told = await stand.send(text(), await stand.delivery())
        assert isinstance(told, Exhausted) and told.window == "app_person_times_day"
        assert told.resets_at > stand.platform.now()

    play("app", 38, scene)


def test_a_secret_that_does_not_belong_to_the_agent_is_a_configuration_fault(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.account = replace(stand.account, credentials={**stand.account.credentials, "agent_id": "1"})
        for told in (await stand.connect(), await stand.send(text(), await stand.delivery())):
            assert isinstance(told, Unauthorized) and (told.reason, told.code) == ("no_right", "301002")

    play("app", 38, scene)


def test_more_than_thirty_a_minute_to_one_member_are_dropped_without_a_word(play: Play) -> None:
    async def scene(stand: Any) -> None:
        for number in range(32):
            receipt = await stand.send(text(f"第 {number} 条"), await stand.delivery(["Member0001"]))
            assert isinstance(receipt, Receipt)
        assert len(stand.effects("app")) == 30

    play("app", 38, scene)
