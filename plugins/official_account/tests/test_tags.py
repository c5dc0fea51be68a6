"""Tags: what the account's list says, whom a tag really reaches, and a send to one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qunfa_official_account import plugin
from saas.channels import Delivery, Message, NotSent, Progressed, Receipt, Tag, Target

TEXT = Message("text", text="春分之后的三件小事")
LAGGING = [{"id": 100, "name": "常客", "every": 5, "members": [], "count": 7}]


async def test_the_tags_of_an_account_are_listed_with_number_name_and_people(rehearse):
    async with rehearse(people=1000) as stage:
        assert await plugin.tags(stage.account, stage.line) == [Tag("100", "常客", 200), Tag("101", "近一月新关注", 50)]


async def test_a_tag_is_counted_by_its_followers_where_the_list_lags_behind(rehearse):
    async with rehearse(people=60_000, tags=LAGGING) as stage:
        route = plugin.channel().kinds[0].routes[0]
        assert [tag.people for tag in await plugin.tags(stage.account, stage.line)] == [7]
        pages = [page async for page in plugin.audience(stage.account, route, "100", stage.line)]
        assert pages == [[Target("tag", ("100",), 12_000)]]


async def test_the_followers_with_a_tag_come_by_the_ten_thousand(rehearse):
    async with rehearse(kind="service", people=60_000) as stage:
        route = plugin.channel().kinds[1].routes[1]
        pages = [page async for page in plugin.audience(stage.account, route, "100", stage.line)]
        assert [len(page) for page in pages] == [10_000, 2_000]
        assert len({target.ids[0] for page in pages for target in page}) == 12_000


async def test_a_tag_that_is_not_there_or_a_list_that_cannot_be_had_is_not_an_empty_one(rehearse):
    async with rehearse(people=100) as stage:
        route = plugin.channel().kinds[0].routes[0]
        with pytest.raises(NotSent, match="45159"):
            [page async for page in plugin.audience(stage.account, route, "555", stage.line)]
        stage.fault("error", "/tags/get", "48001")
        with pytest.raises(NotSent, match="48001"):
            await plugin.tags(stage.account, stage.line)


async def test_a_send_to_a_tag_reaches_its_followers_and_nobody_else(rehearse):
    async with rehearse(people=1000) as stage:
        delivery = Delivery(1, "a" * 32, "mass", Target("tag", ("100",), 200), started_at=datetime.now(UTC))
        assert isinstance(await stage.send(TEXT, delivery), Receipt)
        told = next(event for event in await stage.heard(1) if isinstance(event, Progressed)).progress
        assert told.delivered + told.failed + told.skipped == 200
        assert [effect.people for effect in stage.effects("mass")] == [told.delivered]
