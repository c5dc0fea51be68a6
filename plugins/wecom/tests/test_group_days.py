"""What an account of customer groups came to by day: as the platform sums it, over as many calls as there must be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.simulator.behaviour import truth
from saas.channels import NotSent

Play = Callable[..., None]


def yesterday(stand: Any) -> Any:
    return stand.platform.now().astimezone(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)


def test_people_who_came_are_summed_over_all_owners(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.patch(members=120)
        last = yesterday(stand)
        first = last - timedelta(days=29)
        told = await plugin.account_figures(stand.account, first, last, stand.platform)
        assert set(told) == {first + timedelta(days=n) for n in range(30)}
        came = sum(truth(stand.id, f"Member{number:04d}", last)[0] for number in range(1, 121))
        assert told[last] == {"gained": came}

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
