"""Tags: a corp's for its customers, the address book's for members; listed, counted and sent to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qunfa_wecom import plugin
from saas.channels import Message, NotSent, Tag

Play = Callable[..., None]
TEXT = Message("text", text="春分之后的三件小事")
REGULARS = "etKuaiLeChangKe0000001"


@pytest.mark.parametrize("kind", ["customer", "moments"])
def test_the_tags_of_customers_are_listed_and_counted(play: Play, kind: str) -> None:
    async def scene(stand: Any) -> None:
        tags = await plugin.tags(stand.account, stand.platform)
        assert [(tag.name, tag.people) for tag in tags] == [("常客", 1_000), ("新客", 250)]
        assert tags[0].id == REGULARS

    play(kind, 5_000, scene)


def test_a_tag_of_customers_becomes_the_list_of_those_who_carry_it(play: Play) -> None:
    async def scene(stand: Any) -> None:
        targets = await stand.targets(REGULARS)
        assert len({target.ids for target in targets}) == len(targets) == 1_000
        delivery = await stand.delivery([target.ids[0] for target in targets])
        receipt = await stand.send(TEXT, delivery)
        end = await stand.finished(delivery, receipt)
        assert end.delivered + end.skipped == 1_000
        assert stand.people(receipt.ids["msgid"]) == end.delivered

    play("customer", 5_000, scene)


def test_a_moment_for_a_tag_is_seen_by_those_who_carry_it(play: Play) -> None:
    async def scene(stand: Any) -> None:
        (target,) = await stand.targets(REGULARS)
        assert (target.form, target.ids, target.people) == ("tag", (REGULARS,), 1_000)
        delivery = await stand.delivery_to(target)
        receipt = await stand.send(TEXT, delivery)
        end = await stand.finished(delivery, receipt)
        assert (end.delivered, stand.people(end.ids["moment_id"])) == (1_000, 1_000)

    play("moments", 5_000, scene)


def test_a_tag_of_members_is_counted_within_the_apps_range_and_sent_to(play: Play) -> None:
    async def scene(stand: Any) -> None:
        assert await plugin.tags(stand.account, stand.platform) == [Tag("1", "店长", 10), Tag("2", "新员工", 4)]
        targets = await stand.targets("1")
        delivery = await stand.delivery([target.ids[0] for target in targets])
        receipt = await stand.send(TEXT, delivery)
        assert (len(targets), stand.people(receipt.ids["msgid"])) == (10, 10)
        with pytest.raises(NotSent, match="40068"):
            await stand.targets("9")

    play("app", 38, scene)


def test_a_robot_has_no_tags(play: Play) -> None:
    async def scene(stand: Any) -> None:
        assert await plugin.tags(stand.account, stand.platform) == []

    play("robot", 1, scene)
