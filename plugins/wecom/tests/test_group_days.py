"""What an account of customer groups came to by day: as the platform sums it, over as many calls as there must be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.behaviour import come_and_gone
from qunfa_wecom.simulator.chats import moves
from saas.channels import NotSent

Play = Callable[..., None]


def yesterday(stand: Any) -> Any:
    return stand.platform.now().astimezone(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)


def test_people_who_came_and_left_are_summed_over_all_owners(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(members=120)
        last = yesterday(stand)
        first = last - timedelta(days=29)
        told = await plugin.account_figures(stand.account, first, last, stand.platform)
        assert set(told) == {first + timedelta(days=n) for n in range(30)}
        for day in (first, last):
            moved = [moves(stand.id, f"Member{number:04d}", day) for number in range(1, 121)]
            assert told[day] == {"gained": sum(one[0] for one in moved), "lost": sum(one[1] for one in moved)}

    play("groups", 240, scene)


def test_a_platform_that_does_not_tell_is_asked_again_later(play: Play) -> None:
    async def scene(stand: Any) -> None:
        last = yesterday(stand)
        stand.fault("error", "statistic_group_by_day", "45009")
        with pytest.raises(NotSent):
            await plugin.account_figures(stand.account, last, last, stand.platform)
        with pytest.raises(NotSent):
            await plugin.account_figures(stand.account, last, last + timedelta(days=1), stand.platform)

    play("groups", 8, scene)


def test_a_day_on_which_groups_changed_hands_is_left_out() -> None:
    days = [date(2026, 11, number) for number in (1, 2, 3, 4)]
    there = dict(zip(days, (100, 103, 240, 238), strict=True))
    came = dict(zip(days, (9, 5, 2, 0), strict=True))
    assert come_and_gone(came, there) == {days[1]: {"gained": 5, "lost": 2}, days[3]: {"gained": 0, "lost": 2}}
