"""Chats that the app makes: once for a wish, within the platform's limits, and changed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qunfa_wecom import plugin
from saas.channels import Account, Exhausted, GroupChange, MaybeSent, Message, NewGroup, Receipt, Refused, Target, Throttled

Play = Callable[..., None]
WISH = NewGroup("ab" * 16, "春分店长群", "Member0002", ("Member0001", "Member0003"))
TEXT = Message("text", text="春分之后的三件小事")


async def made(stand: Any, wish: NewGroup = WISH) -> Any:
    return await plugin.make_group(stand.account, wish, stand.platform)


async def changed(stand: Any, **change: Any) -> Any:
    return await plugin.change_group(stand.account, GroupChange(WISH.key, **change), stand.platform)


async def told(stand: Any) -> Any:
    stand.account = Account(1, "one", "wecom", "appchat", "山岚", stand.account.credentials,
                            {**stand.account.settings, "chats": WISH.key})  # fmt: skip
    return await plugin.groups(stand.account, stand.platform)


def test_a_chat_is_made_with_its_owner_and_members_and_sent_to(play: Play) -> None:
    async def scene(stand: Any) -> None:
        receipt = await made(stand)
        assert receipt.ids == {"group": WISH.key}
        [group] = await told(stand)
        assert (group.id, group.name, group.people) == (WISH.key, "春分店长群", 3)
        assert isinstance(await stand.connect(), Receipt)
        sent = await stand.send(TEXT, await stand.delivery_to(Target("ids", (WISH.key,), 1)))
        assert isinstance(sent, Receipt)
        [effect] = stand.effects("appchat")
        assert (effect.detail["target"], effect.detail["members"]) == (WISH.key, 3)

    play("appchat", 2, scene)


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_wish_whose_answer_was_lost_is_made_once(play: Play, fault: str) -> None:
    async def scene(stand: Any) -> None:
        stand.fault(fault, "appchat/create")
        with pytest.raises(MaybeSent):
            await made(stand)
        assert isinstance(await made(stand), Receipt) and isinstance(await made(stand), Receipt)
        assert len(stand.effects("chat_made")) == 1

    play("appchat", 2, scene)


def test_a_chat_that_is_there_by_the_time_of_the_call_is_found(play: Play) -> None:
    async def scene(stand: Any) -> None:
        assert isinstance(await made(stand), Receipt)
        stand.fault("error", "appchat/get", "86003")
        assert isinstance(await made(stand), Receipt)
        assert len(stand.effects("chat_made")) == 1

    play("appchat", 2, scene)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (NewGroup("cd" * 16, "", "", ("Member0001", "Member0002")), "name"),
        (NewGroup("cd" * 16, "字" * 51, "", ("Member0001", "Member0002")), "name"),
        (NewGroup("cd" * 16, "群", "Member0001", ("Member0001",)), "members"),
        (NewGroup("cd" * 16, "群", "", tuple(f"m{n}" for n in range(2_001))), "members"),
    ],
)
def test_what_the_platform_would_cut_or_refuse_is_not_asked_for(play: Play, wish: NewGroup, field: str) -> None:
    async def scene(stand: Any) -> None:
        refused = await made(stand, wish)
        assert isinstance(refused, Refused) and refused.field == field
        assert not stand.effects("chat_made")

    play("appchat", 1, scene)


def test_the_platforms_own_refusals_are_told(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stranger = await made(stand, NewGroup("cd" * 16, "群", "", ("Member0001", "Nobody")))
        assert isinstance(stranger, Refused) and stranger.code == "86007"
        stand.fault("error", "appchat/create", "45009")
        assert isinstance(await made(stand), Throttled | Exhausted)
        assert not stand.effects("chat_made")

    play("appchat", 1, scene)


def test_name_owner_and_members_are_changed_and_once_more_changes_nothing(play: Play) -> None:
    async def scene(stand: Any) -> None:
        await made(stand)
        for _ in range(2):
            done = await changed(stand, name="谷雨群", owner="Member0003", add=("Member0004",), remove=("Member0002",))
            assert isinstance(done, Receipt)
        [group] = await told(stand)
        assert (group.name, group.people) == ("谷雨群", 3)
        assert isinstance(await changed(stand, remove=("Member0001", "Member0003")), Refused)
        assert isinstance(await changed(stand, name="字" * 51), Refused)
        unknown = await plugin.change_group(stand.account, GroupChange("ef" * 16, "群"), stand.platform)
        assert isinstance(unknown, Refused) and unknown.code == "86003"

    play("appchat", 1, scene)


def test_other_kinds_of_account_make_no_chats(play: Play) -> None:
    async def scene(stand: Any) -> None:
        assert isinstance(await made(stand), Refused) and isinstance(await changed(stand, name="群"), Refused)

    play("app", 3, scene)
