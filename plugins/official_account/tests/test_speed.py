"""The speed of mass sends as the account wishes it, and the room that is left in its library."""

import pytest

from qunfa_official_account import plugin
from saas.channels import Message, Receipt, Refused
from saas.channels.platform import NotSent

TEXT = Message("text", text="春分之后的三件小事")


def step(stage):
    return stage.stage.accounts[stage.app_id].get("speed", 0)


async def test_the_platforms_own_speed_stays_where_nothing_is_wished(rehearse, to_all):
    async with rehearse(speed=3) as stage:
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
        assert step(stage) == 3


@pytest.mark.parametrize("wish", ["4", 4, " 4 "])
async def test_the_wished_speed_is_set_before_the_send(rehearse, to_all, wish):
    async with rehearse() as stage:
        stage.settings(mass_speed=wish)
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
        assert step(stage) == 4
        assert len(stage.effects("mass")) == 1


async def test_a_speed_that_is_there_already_is_not_set_again(rehearse, to_all):
    async with rehearse(speed=2) as stage:
        stage.settings(mass_speed="2")
        stage.fault("error", "/speed/set", "45083")
        assert isinstance(await stage.send(TEXT, to_all), Receipt)


async def test_a_speed_that_cannot_be_set_sends_nothing_and_names_the_setting(rehearse, to_all):
    async with rehearse() as stage:
        stage.settings(mass_speed="2")
        stage.fault("error", "/speed/set", "48001")
        answer = await stage.send(TEXT, to_all)
        assert isinstance(answer, Refused) and answer.field == "mass_speed"
        stage.settings(mass_speed="fast")
        answer = await stage.send(TEXT, to_all)
        assert isinstance(answer, Refused) and answer.field == "mass_speed"
        assert stage.effects("mass") == []


@pytest.mark.parametrize("fault", [("drop_after", ""), ("error", "45011"), ("error", "-1")])
async def test_a_platform_that_is_busy_over_the_speed_has_sent_nothing_for_sure(rehearse, to_all, fault):
    async with rehearse() as stage:
        stage.settings(mass_speed="1")
        stage.fault(fault[0], "/speed/set", fault[1])
        with pytest.raises(NotSent):
            await stage.send(TEXT, to_all)
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
        assert len(stage.effects("mass")) == 1


@pytest.mark.parametrize(("images", "warned"), [(90_000, False), (96_000, True)])
async def test_a_library_that_is_nearly_full_is_told_when_the_account_is_asked(rehearse, images, warned):
    async with rehearse(materials={"image_count": images, "news_count": 500, "voice_count": 2}) as stage:
        answer = await plugin.connect(stage.account, stage.line)
        assert isinstance(answer, Receipt)
        assert answer.progress.figures["materials_images"] == images and answer.progress.figures["materials_articles"] == 500
        assert bool(answer.progress.reason) is warned


async def test_counts_that_cannot_be_had_are_no_trouble_of_the_account(rehearse):
    async with rehearse() as stage:
        stage.fault("error", "/get_materialcount", "61007")
        answer = await plugin.connect(stage.account, stage.line)
        assert isinstance(answer, Receipt) and "materials_images" not in answer.progress.figures
