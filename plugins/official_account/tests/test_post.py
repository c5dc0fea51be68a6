"""Pictures published as a post of their own: with a title, once, and by a draft where the account is not verified."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qunfa_official_account import plugin
from saas.channels import Delivery, Message, Receipt, Refused, Target, Unauthorized
from saas.channels.platform import MaybeSent

WORDS = "春分三款新品\n热拿铁、冰美式与抹茶，今天起在各店有售。"


@pytest.fixture
def on_page():
    return Delivery(1, "d" * 32, "publish", Target("all", people=1), started_at=datetime.now(UTC))


def pictures(stage, count=2, text=WORDS):
    return Message("image", text=text, images=tuple(stage.picture() for _ in range(count)))


def found(stage, message, name="publish"):
    route = next(route for route in plugin.channel().kinds[0].routes if route.name == name)
    limits = plugin.limits(stage.account, route, datetime.now(UTC))
    return [finding.rule for finding in plugin.check(stage.account, message, limits) if finding.severity == "block"]


async def drafts(stage):
    return [page async for page in plugin.drafts(stage.account, stage.line)]


async def test_pictures_are_published_under_the_first_line_and_no_mass_send_is_used(rehearse, on_page):
    async with rehearse() as stage:
        message = pictures(stage, 20)
        answer = await stage.send(message, on_page)
        assert isinstance(answer, Receipt) and answer.ids["articles"] == "1"
        (event,) = await stage.heard()
        assert event.progress.delivered == 1 and event.progress.ids["article_id"]
        (effect,) = stage.effects("publish")
        assert effect.detail["titles"] == ["春分三款新品"] and stage.effects("mass") == []
        taken = await plugin.recall(stage.account, replace(on_page, ids=dict(event.progress.ids)), message, stage.line)
        assert isinstance(taken, Receipt)


async def test_a_lost_answer_is_found_by_the_title_and_never_published_again(rehearse, on_page):
    async with rehearse() as stage:
        message = pictures(stage)
        stage.fault("drop_after", "/freepublish/submit")
        with pytest.raises(MaybeSent):
            await stage.send(message, on_page)
        await stage.heard()
        assert isinstance(await plugin.lookup(stage.account, message, on_page, stage.line), Receipt)
        assert isinstance(await stage.send(message, replace(on_page, attempt=2)), Receipt)
        assert len(stage.effects("publish")) == 1


async def test_pictures_without_a_title_are_told_at_the_check_and_refused_by_field(rehearse, on_page):
    async with rehearse() as stage:
        bare, long = pictures(stage, text=""), pictures(stage, text="长" * 33 + "\n正文")
        assert found(stage, bare) == found(stage, long) == ["post_title_chars"]
        assert found(stage, pictures(stage)) == found(stage, bare, "mass") == []
        refused = await stage.send(bare, on_page)
        assert isinstance(refused, Refused) and refused.field == "text"
        assert stage.effects("publish") == []


async def test_the_platform_takes_twenty_pictures_of_its_library_and_no_more(rehearse, on_page):
    async with rehearse() as stage:
        refused = await stage.send(pictures(stage, 21), on_page)
        assert isinstance(refused, Refused) and refused.code == "45008"


async def test_an_unverified_account_gets_a_draft_of_the_pictures_and_a_task(rehearse, on_page, to_all):
    async with rehearse(verified=False) as stage:
        stage.settings(verified=False)
        for delivery in (on_page, replace(to_all, id=2)):
            told = await stage.send(pictures(stage), delivery)
            assert isinstance(told, Unauthorized) and "draft box" in told.detail
        bare = await stage.send(pictures(stage, text=""), replace(to_all, id=3, key="c" * 32))
        assert isinstance(bare, Unauthorized) and "draft box" not in bare.detail
        listed = [draft for page in await drafts(stage) for draft in page]
        assert len(listed) == 2 and all(draft.articles == () for draft in listed)
