"""Group robots: one call, one group, nothing to take back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from saas.channels import Link, MaybeSent, Message, Picture, Receipt, Refused, Throttled, Unauthorized, Unknown

Play = Callable[..., None]

PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)

LINK = Message("link", link=Link("春分", "https://www.example.com/spring", "三件小事"))


def text(words: str = "春分之后的三件小事") -> Message:
    return Message("text", text=words)


@pytest.mark.parametrize("message", [LINK, text(), Message("image", images=(PICTURE,))])
def test_the_group_gets_the_message_and_it_cannot_be_taken_back(play: Play, message: Message) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        receipt = await stand.send(message, delivery)
        assert receipt.progress.final and receipt.progress.delivered == 1 and not receipt.ids
        assert len(stand.effects("robot")) == 1
        assert isinstance(await stand.recall(delivery), Refused)

    play("robot", 1, scene)


def test_the_twenty_first_message_in_a_minute_is_throttled(play: Play) -> None:
    async def scene(stand: Any) -> None:
        for number in range(20):
            assert isinstance(await stand.send(text(str(number)), await stand.delivery()), Receipt)
        told = await stand.send(text("二十一"), await stand.delivery())
        assert isinstance(told, Throttled) and (told.retry_after, told.code) == (60, "45009")
        assert len(stand.effects("robot")) == 20

    play("robot", 1, scene)


def test_a_lost_answer_stays_unknown(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("drop_after", "webhook/send")
        delivery = await stand.delivery()
        with pytest.raises(MaybeSent):
            await stand.send(text(), delivery)
        assert isinstance(await stand.lookup(text(), delivery), Unknown)
        stand.fault("error", "webhook/send", "-1")
        assert isinstance(await stand.send(text(), delivery), Unknown)

    play("robot", 1, scene)


def test_a_wrong_key_is_found_without_showing_anything_in_the_group(play: Play) -> None:
    async def scene(stand: Any) -> None:
        assert isinstance(await stand.connect(), Receipt)
        stand.account = replace(stand.account, credentials={"key": "wrong"})
        refused = await stand.connect()
        assert isinstance(refused, Unauthorized) and (refused.reason, refused.code) == ("credentials", "93000")
        assert not stand.effects("robot")

    play("robot", 1, scene)
