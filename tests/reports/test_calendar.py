"""Campaigns of a month stand on their day in the agency's zone; a client's user sees its own brand's; a month must be one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from saas.kernel.errors import Invalid
from saas.reports.calendar import Month, month_of
from tests.conftest import House


def entries(month: Month) -> dict[str, list[str]]:
    return {str(day.day): [row.name for row in day.campaigns] for week in month.weeks for day in week if day.campaigns}


@pytest.fixture
def spring(house: House) -> House:
    """Three campaigns: just before and after midnight in Beijing, and on the last day that the month's weeks touch."""
    for name, due, client in (
        ("late", "2026-03-20T15:59:00Z", "moon"),
        ("early", "2026-03-20T16:00:01Z", "sun"),
        ("outside", "2026-04-05T01:00:00Z", "moon"),
        ("beyond", "2026-04-05T16:00:01Z", "moon"),
    ):
        campaign = house.campaign(due=f"timestamptz '{due}'")
        house.as_owner(f"UPDATE campaigns SET name = '{name}' WHERE id = {campaign}")
        house.dispatch(campaign, house.account(f"{name}-one", client=client), rows=1)
    return house


def test_a_campaign_stands_on_its_day_of_the_agencys_zone(spring: House) -> None:
    with spring.within():
        month = month_of(spring.actor("analyst"), "2026-03")
    assert entries(month) == {"2026-03-20": ["late"], "2026-03-21": ["early"], "2026-04-05": ["outside"]}
    assert (month.before, month.after, month.zone) == ("2026-02", "2026-04", "Asia/Shanghai")
    assert (month.weeks[0][0].day, month.weeks[-1][-1].day) == (date(2026, 2, 23), date(2026, 4, 5))
    assert [day.inside for day in month.weeks[0]] == [False] * 6 + [True]


def test_a_clients_user_sees_its_own_brands(spring: House) -> None:
    with spring.within():
        viewer: Any = replace(spring.actor("analyst"), client_id=spring.one("SELECT id FROM clients WHERE name = 'sun'"))
        month = month_of(viewer, "2026-03")
    assert entries(month) == {"2026-03-21": ["early"]}


@pytest.mark.parametrize("wrong", ["2026", "2026-13", "2026-3", "march", "2026-03-01", "1999-01"])
def test_what_is_no_month_is_said(house: House, wrong: str) -> None:
    with house.within(), pytest.raises(Invalid, match="reads like 2026-11"):
        month_of(house.actor("analyst"), wrong)
