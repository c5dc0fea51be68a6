"""Members who have not confirmed: named with their customers, reminded three times a day and no more, stopped at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from qunfa_wecom import plugin
from saas.channels import Account, Exhausted, MaybeSent, Message, Receipt, Refused

Play = Callable[..., None]
TEXT = Message("text", text="春分之后的三件小事")


async def accepted(stand: Any) -> Any:
    """A delivery that the platform took on, once its tasks are there."""
    delivery = await stand.delivery()
    receipt = await stand.send(TEXT, delivery)
    await asyncio.sleep(0.3)
    return replace(delivery, ids=receipt.ids)


async def waiting(stand: Any, delivery: Any) -> Any:
    return await plugin.waiting(stand.account, delivery, stand.platform)


async def remind(stand: Any, delivery: Any) -> Any:
    return await plugin.remind(stand.account, delivery, stand.platform)


def test_each_member_who_has_not_sent_is_named_with_the_customers(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm_share=0.3)
        delivery = await accepted(stand)
        people = await waiting(stand, delivery)
        assert {p.id for p in people} == {"Member0002", "Member0003"}
        told = await stand.progress(delivery)
        assert sum(p.people for p in people) == told.awaiting == 6_000
        assert all(p.name and p.name != p.id and p.since == delivery.started_at for p in people)
        calls = len(stand.platform.memory)
        assert await waiting(stand, delivery) == people and len(stand.platform.memory) == calls

    play("customer", 9_000, scene)


def test_right_after_the_call_nobody_is_known_yet(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await stand.delivery()
        receipt = await stand.send(TEXT, delivery)
        assert await waiting(stand, replace(delivery, ids=receipt.ids)) == []

    play("customer", 40, scene)


def test_a_member_whose_name_the_app_may_not_see_is_named_by_userid(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        stand.fault("error", "user/simplelist", "60011")
        (person,) = await waiting(stand, await accepted(stand))
        assert (person.name, person.people) == ("Member0001", 40)

    play("customer", 40, scene)


def test_a_fourth_reminder_in_a_day_is_refused_by_the_platform(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await accepted(stand)
        answers = [await remind(stand, delivery) for _ in range(4)]
        assert [type(a) for a in answers] == [Receipt, Receipt, Receipt, Exhausted]
        assert (answers[3].resets_at - stand.platform.now()).total_seconds() > 86_000
        assert len(stand.effects("reminder")) == 3

    play("customer", 40, scene)


def test_members_who_wait_for_a_reminder_send_after_it_and_are_not_reminded_again(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="reminded")
        delivery = await accepted(stand)
        assert (await stand.progress(delivery)).awaiting == 40
        assert isinstance(await remind(stand, delivery), Receipt)
        await asyncio.sleep(0.2)
        assert (await stand.progress(delivery)).delivered == 39
        assert await waiting(stand, delivery) == []
        assert isinstance(await remind(stand, delivery), Refused)
        assert len(stand.effects("reminder")) == 1

    play("customer", 40, scene)


def test_a_lost_answer_to_a_reminder_is_not_asked_again(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await accepted(stand)
        stand.fault("drop_after", "remind_groupmsg_send")
        with pytest.raises(MaybeSent):
            await remind(stand, delivery)
        assert len(stand.effects("reminder")) == 1

    play("customer", 40, scene)


def test_members_who_have_not_published_a_moment_are_named_and_cannot_be_reminded(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm_share=0.5)
        delivery = await accepted(stand)
        told = await stand.progress(delivery)
        delivery = replace(delivery, ids={**delivery.ids, **told.ids})
        (person,) = await waiting(stand, delivery)
        assert (person.id, person.people) == ("Member0002", 2_000)
        answer = await remind(stand, delivery)
        assert isinstance(answer, Refused) and "no way to remind" in answer.reason

    play("moments", 4_000, scene)


@pytest.mark.parametrize(
    ("kind", "allowed"), [("customer", (3, 86_400)), ("groups", (3, 86_400)), ("moments", None), ("app", None)]
)
def test_the_pack_knows_how_often_members_may_be_reminded(kind: str, allowed: tuple[int, int] | None) -> None:
    found = plugin.channel().kind(kind)
    assert found
    account = Account(1, "shop", "wecom", kind, "山岚")
    rule = plugin.limits(account, found.routes[0], datetime(2026, 11, 22, tzinfo=UTC)).reminders
    assert (rule and (rule.amount, rule.seconds)) == allowed
