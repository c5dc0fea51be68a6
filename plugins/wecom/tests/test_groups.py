"""Mass send to customer groups: a task for each owner, confirmed by the owner, counted in groups, found again when lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qunfa_wecom import plugin
from saas.channels import Absent, Link, MaybeSent, Message, NotSent, Receipt, Refused, Target, Throttled, Unknown

Play = Callable[..., None]
LINK = Message("link", text="详情见图文", link=Link("春分", "https://www.example.com/spring", "三件小事"))
TEXT = Message("text", text="春分之后的三件小事")


async def lost(stand: Any, delivery: Any, fault: str = "drop_after", message: Message = TEXT) -> None:
    """A send whose answer does not come."""
    stand.fault(fault, "add_msg_template")
    with pytest.raises(MaybeSent):
        await stand.send(message, delivery)


def test_each_owner_gets_one_task_and_every_group_is_reached_once(play: Play) -> None:
    async def scene(stand: Any) -> None:
        targets = await stand.targets()
        assert [(t.ids[0], t.people) for t in targets] == [("Member0001", 17), ("Member0002", 17), ("Member0003", 16)]
        deliveries = [await stand.delivery_to(target) for target in targets]
        receipts = [await stand.send(LINK, delivery) for delivery in deliveries]
        ends = [await stand.finished(d, r) for d, r in zip(deliveries, receipts, strict=True)]
        assert [(end.delivered, end.skipped) for end in ends] == [(17, 0), (17, 0), (16, 0)]
        assert [stand.people(receipt.ids["msgid"]) for receipt in receipts] == [17, 17, 16]
        assert len(stand.effects("groups_task")) == 3

    play("groups", 50, scene)


def test_it_waits_for_the_owner_who_is_named_reminded_and_stopped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(confirm="never")
        delivery = await stand.delivery_to((await stand.targets())[0])
        receipt = await stand.send(TEXT, delivery)
        accepted = replace(delivery, ids=receipt.ids)
        assert receipt.progress.awaiting == 15 and receipt.progress.awaiting_until
        await asyncio.sleep(0.15)
        told = await stand.progress(accepted)
        assert (told.awaiting, told.delivered, told.final) == (15, 0, False)
        (person,) = await plugin.waiting(stand.account, accepted, stand.platform)
        assert (person.id, person.people) == ("Member0001", 15) and person.name != person.id
        assert isinstance(await plugin.remind(stand.account, accepted, stand.platform), Receipt)
        stopped = await stand.recall(accepted)
        assert (stopped.progress.delivered, stopped.progress.skipped) == (0, 15)
        stand.patch(confirm="auto")
        assert (await stand.progress(accepted)).final and not stand.effects("groups")

    play("groups", 30, scene)


def test_what_the_owner_has_sent_cannot_be_taken_back(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery_to((await stand.targets())[0])
        receipt = await stand.send(TEXT, delivery)
        await stand.finished(delivery, receipt)
        assert isinstance(await stand.recall(replace(delivery, ids=receipt.ids)), Refused)

    play("groups", 8, scene)


def test_groups_over_their_cap_or_dismissed_since_the_plan_are_skipped(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]
        stand.patch(cap_window="day", left=[3])
        first = await stand.delivery_to(target)
        receipt = await stand.send(Message("text", text="一"), first)
        assert receipt.progress.skipped == 1
        assert (await stand.finished(first, receipt)).delivered == 7
        second = await stand.delivery_to(target)
        receipt = await stand.send(Message("text", text="二"), second)
        stand.platform.ahead = 700
        end = await stand.finished(second, receipt)
        assert (end.delivered, end.skipped, end.final) == (0, 8, True)

    play("groups", 8, scene)


def test_only_the_groups_that_were_planned_get_it(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]
        stand.patch(audience_size=19)
        delivery = await stand.delivery_to(target)
        end = await stand.finished(delivery, await stand.send(TEXT, delivery))
        assert (target.people, end.delivered) == (8, 8)

    play("groups", 8, scene)


def test_a_setting_keeps_an_account_to_some_owners_and_some_groups(play: Play) -> None:
    async def scene(stand: Any) -> None:
        everything = await stand.targets()
        two = everything[1].fields["groups"].split()[:2]
        settings = {**stand.account.settings, "chats": "，".join(two)}
        stand.account = replace(stand.account, settings=settings)
        assert [(t.ids[0], t.people) for t in await stand.targets()] == [("Member0002", 2)]
        stand.account = replace(stand.account, settings={**settings, "members": "Member0001"})
        assert await stand.targets() == []
        assert isinstance(await stand.send(TEXT, await stand.delivery(["Member0001"])), Refused)

    play("groups", 30, scene)


def test_an_owner_of_very_many_groups_gets_a_task_for_each_two_thousand(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(members=1)
        targets = await stand.targets()
        assert [(t.ids[0], t.people) for t in targets] == [("Member0001", 2_000), ("Member0001#2", 50)]
        delivery = await stand.delivery_to(targets[1])
        end = await stand.finished(delivery, await stand.send(TEXT, delivery))
        assert end.delivered == 50

    play("groups", 2_050, scene)


@pytest.mark.parametrize("message", [LINK, TEXT])
def test_a_lost_answer_is_found_again_and_the_task_is_there_once(play: Play, message: Message) -> None:
    async def scene(stand: Any) -> None:
        first, second = [await stand.delivery_to(target) for target in await stand.targets()]
        await lost(stand, first, message=message)
        receipt = await stand.send(message, second)
        found = await stand.found(message, first)
        assert isinstance(found, Receipt) and found.ids != receipt.ids
        assert (await stand.finished(first, found)).delivered == 15
        assert len(stand.effects("groups_task")) == 2

    play("groups", 30, scene)


def test_the_same_words_to_the_same_owner_wait_until_a_lost_answer_is_settled(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]
        first, second = await stand.delivery_to(target), await stand.delivery_to(target)
        await lost(stand, first, "drop_before")
        assert isinstance(await stand.send(TEXT, second), Throttled)
        assert isinstance(await stand.lookup(TEXT, second), Unknown)
        stand.platform.ahead = 11
        assert isinstance(await stand.lookup(TEXT, first), Absent)
        assert isinstance(await stand.send(TEXT, second), Receipt)
        assert isinstance(await stand.send(TEXT, first), Receipt)
        assert len(stand.effects("groups_task")) == 2

    play("groups", 8, scene)


def test_who_died_before_the_call_is_found_not_to_have_called(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]
        delivery = await stand.delivery_to(target)
        assert isinstance(await stand.lookup(TEXT, delivery), Unknown)
        await stand.send(TEXT, await stand.delivery_to(target))
        stand.platform.ahead = 11
        assert isinstance(await stand.lookup(TEXT, delivery), Absent)
        assert isinstance(await stand.send(TEXT, delivery), Receipt)
        assert len(stand.effects("groups_task")) == 2

    play("groups", 8, scene)


def test_who_died_after_the_answer_finds_the_task_by_the_note_of_whose_it_is(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]
        delivery, other = await stand.delivery_to(target), await stand.delivery_to(target)
        receipt = await stand.send(TEXT, delivery)
        await stand.send(TEXT, other)
        found = await stand.lookup(TEXT, delivery)
        assert isinstance(found, Receipt) and found.ids == receipt.ids
        assert len(stand.effects("groups_task")) == 2

    play("groups", 8, scene)


def test_an_earlier_task_of_the_same_words_is_not_taken_for_a_later_one(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]
        assert isinstance(await stand.send(TEXT, await stand.delivery_to(target)), Receipt)
        second = await stand.delivery_to(target)
        await lost(stand, second, "drop_before")
        stand.platform.ahead = 11
        assert isinstance(await stand.lookup(TEXT, second), Absent)

    play("groups", 8, scene)


def test_what_surely_was_not_sent_holds_up_nobody(play: Play) -> None:
    async def scene(stand: Any) -> None:
        target = (await stand.targets())[0]

        async def stopped() -> None:
            raise NotSent("stopped")

        go_ahead, stand.platform.go_ahead = stand.platform.go_ahead, stopped
        with pytest.raises(NotSent):
            await stand.send(TEXT, await stand.delivery_to(target))
        stand.platform.go_ahead = go_ahead
        stand.fault("error", "add_msg_template", "40058")
        assert isinstance(await stand.send(TEXT, await stand.delivery_to(target)), Refused)
        assert isinstance(await stand.send(TEXT, await stand.delivery_to(target)), Receipt)

    play("groups", 8, scene)


def test_a_member_without_groups_is_no_sender(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stranger = Target("ids", ("Nobody",), 1, {"groups": "wr1"})
        refused = await stand.send(TEXT, await stand.delivery_to(stranger))
        assert isinstance(refused, Refused) and (refused.code, refused.field) == ("60111", "audience")
        assert isinstance(await stand.send(TEXT, await stand.delivery_to(Target("all", (), 8))), Refused)
        assert isinstance(await stand.connect(), Receipt)
        stand.patch(rights=[])
        assert (await stand.connect()).reason == "no_right"

    play("groups", 8, scene)


def test_owners_who_confirm_after_a_restart_send_to_their_groups_once(play: Play) -> None:
    kept: dict[str, Any] = {}

    async def before(stand: Any) -> None:
        stand.patch(confirm_delay=0.4)
        kept["delivery"] = await stand.delivery_to((await stand.targets())[0])
        kept["receipt"] = await stand.send(TEXT, kept["delivery"])

    async def after(stand: Any) -> None:
        end = await stand.finished(kept["delivery"], kept["receipt"])
        assert end.delivered == stand.people(kept["receipt"].ids["msgid"]) == 8
        assert len(stand.effects("groups")) == 1

    play("groups", 8, before)
    play("groups", 8, after)


def test_groups_are_listed_with_their_names_owners_and_members_and_asked_for_them_once(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(left=[3])
        listed = await plugin.groups(stand.account, stand.platform)
        targets = {target.ids[0]: target for target in await stand.targets()}
        assert {group.through for group in listed} == set(targets)
        for through, target in targets.items():
            assert target.fields["groups"].split() == [group.id for group in listed if group.through == through]
            assert {group.through_name for group in listed if group.through == through} == {target.fields["title"]}
        assert len({group.name for group in listed}) > 20 and {group.people for group in listed} == {30}
        assert [group.name for group in listed].count("") == 1
        stand.fault("error", "groupchat/get", "48002", times=0)
        assert await plugin.groups(stand.account, stand.platform) == listed

    play("groups", 30, scene)


def test_a_group_that_the_platform_does_not_name_goes_by_its_id(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("error", "groupchat/get", "48002", times=8)
        listed = await plugin.groups(stand.account, stand.platform)
        assert [group.name for group in listed].count("") == 8 and all(group.id for group in listed)
        assert "" not in [group.name for group in await plugin.groups(stand.account, stand.platform)]

    play("groups", 12, scene)
