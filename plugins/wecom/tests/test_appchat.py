"""Chats made by an app: one call a chat, no id, so nothing is repeated and nothing taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from qunfa_wecom import plugin
from saas.channels import Account, Article, Link, MaybeSent, Message, Picture, Receipt, Refused, Target, Throttled, Unknown

Play = Callable[..., None]
PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)
TEXT = Message("text", text="春分之后的三件小事")
LINK = Message("link", link=Link("春分", "https://www.example.com/spring", "三件小事", PICTURE))
ARTICLES = Message("articles", articles=(Article("春分", "<p>三件小事</p>", cover=PICTURE),))


@pytest.mark.parametrize("message", [TEXT, LINK, ARTICLES, Message("image", images=(PICTURE,))])
def test_every_chat_gets_it_once_and_nothing_is_taken_back(play: Play, message: Message) -> None:
    async def scene(stand: Any) -> None:
        targets = await stand.targets()
        assert [target.people for target in targets] == [1, 1, 1] and targets[0].fields["title"].startswith("示例群")
        for target in targets:
            delivery = await stand.delivery_to(target)
            receipt = await stand.send(message, delivery)
            assert receipt.progress.final and receipt.progress.delivered == 1 and not receipt.ids
        assert [effect.detail["target"] for effect in stand.effects("appchat")] == [target.ids[0] for target in targets]
        assert isinstance(await stand.recall(delivery), Refused)

    play("appchat", 3, scene)


def test_a_lost_answer_stays_unknown(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("drop_after", "appchat/send")
        delivery = await stand.delivery_to((await stand.targets())[0])
        with pytest.raises(MaybeSent):
            await stand.send(TEXT, delivery)
        assert isinstance(await stand.lookup(TEXT, delivery), Unknown)
        stand.fault("error", "appchat/send", "-1")
        assert isinstance(await stand.send(TEXT, delivery), Unknown)

    play("appchat", 1, scene)


def test_chats_that_are_gone_are_named_when_connecting_and_refused_when_sent_to(play: Play) -> None:
    async def scene(stand: Any) -> None:
        assert isinstance(await stand.connect(), Receipt)
        stand.patch(left=[1])
        targets = await stand.targets()
        refused = await stand.connect()
        assert isinstance(refused, Refused) and refused.field == "chats" and targets[1].ids[0] in refused.reason
        gone = await stand.send(TEXT, await stand.delivery_to(targets[1]))
        assert isinstance(gone, Refused) and (gone.code, gone.field) == ("86003", "audience")
        wrong = await stand.send(TEXT, await stand.delivery_to(Target("ids", ("不是群",), 1)))
        assert isinstance(wrong, Refused) and wrong.code == "86001"
        assert isinstance(await stand.send(TEXT, await stand.delivery_to(Target("all", (), 2))), Refused)
        stand.account = replace(stand.account, settings={**stand.account.settings, "chats": ""})
        assert (await stand.connect()).field == "chats" and await stand.targets() == []

    play("appchat", 2, scene)


def test_all_chats_together_have_twenty_thousand_person_times_a_minute(play: Play) -> None:
    async def scene(stand: Any) -> None:
        targets = await stand.targets()
        for number in range(40):
            assert isinstance(await stand.send(TEXT, await stand.delivery_to(targets[number % 2])), Receipt)
        told = await stand.send(TEXT, await stand.delivery_to(targets[0]))
        assert isinstance(told, Throttled) and told.retry_after == 60
        assert len(stand.effects("appchat")) == 40

    play("appchat", 2, scene)


def test_what_a_member_gets_too_much_of_is_dropped_without_an_error(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(members=2)
        target = (await stand.targets())[0]
        for _ in range(201):
            assert isinstance(await stand.send(TEXT, await stand.delivery_to(target)), Receipt)
        assert len(stand.effects("appchat")) == 200

    play("appchat", 1, scene)


@pytest.mark.parametrize(
    ("largest", "minute", "hour"), [("500", 40, 300), ("", 10, 75), ("many", 10, 75), ("0", 10, 75), ("50", 400, 3_000)]
)
def test_person_times_are_counted_as_if_every_chat_were_the_largest(largest: str, minute: int, hour: int) -> None:
    found = plugin.channel().kind("appchat")
    assert found
    account = Account(1, "shop", "wecom", "appchat", "山岚", {}, {"largest_chat": largest})
    caps = plugin.limits(account, found.routes[0], datetime(2026, 11, 22, 3, tzinfo=UTC)).caps
    assert {cap.name: cap.amount for cap in caps} == {
        "appchat_minute": minute,
        "appchat_hour": hour,
        "appchat_member_minute": 200,
        "appchat_member_day": 10_000,
    }
