"""Lost answers, busy platforms and repeats: never twice, nothing lost, and unknown where nobody knows."""

import contextlib
import random
from dataclasses import replace

import pytest

from qunfa_official_account import plugin
from saas.channels import Exhausted, Message, Receipt, Target, Throttled, Unknown
from saas.channels.platform import MaybeSent, NotSent

TEXT = Message("text", text="春分之后的三件小事")


async def test_an_answer_lost_after_the_effect_is_adopted_by_the_same_key(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_after", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(message, to_all)
        answer = await stage.send(message, replace(to_all, attempt=2))
        assert isinstance(answer, Receipt)
        (effect,) = stage.effects("mass")
        assert answer.ids["msg_id"] == effect.platform_id


async def test_an_answer_lost_before_the_effect_is_sent_once_by_the_repeat(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_before", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(message, to_all)
        assert isinstance(await stage.send(message, replace(to_all, attempt=2)), Receipt)
        assert len(stage.effects("mass")) == 1


@pytest.mark.parametrize("path", ["/stable_token", "/uploadimg", "/add_material", "/draft/add"])
async def test_an_answer_lost_on_the_way_to_the_send_surely_sent_nothing(rehearse, to_all, path):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_after", path)
        with pytest.raises(NotSent):
            await stage.send(message, to_all)
        assert stage.effects("mass") == []
        assert isinstance(await stage.send(message, to_all), Receipt)


async def test_a_repeat_uses_the_draft_of_the_first_attempt(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("error", "/mass/sendall", "45011")
        assert isinstance(await stage.send(message, to_all), Throttled)
        assert isinstance(await stage.send(message, to_all), Receipt)
        assert list((stage.stage.data / "drafts" / stage.app_id).glob("*.json")) == []


async def test_a_draft_that_a_person_deleted_before_we_asked_is_made_anew(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("error", "/mass/sendall", "45011")
        await stage.send(message, to_all)
        for path in (stage.stage.data / "drafts" / stage.app_id).glob("*.json"):
            path.unlink()
        assert isinstance(await stage.send(message, to_all), Receipt)
        assert len(stage.effects("mass")) == 1


async def test_a_draft_gone_after_an_unknown_outcome_stays_unknown(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_before", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(message, to_all)
        for path in (stage.stage.data / "drafts" / stage.app_id).glob("*.json"):
            path.unlink()
        assert isinstance(await stage.send(message, replace(to_all, attempt=2)), Unknown)
        assert stage.effects("mass") == []


@pytest.mark.parametrize("code", ["45028", "45011", "40007", "48001", "45009"])
async def test_a_refusal_of_a_repeat_says_nothing_of_the_attempt_before(rehearse, to_all, code):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_after", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(message, to_all)
        stage.fault("error", "/mass/sendall", code)
        assert isinstance(await stage.send(message, replace(to_all, attempt=2)), Unknown)
        assert isinstance(await stage.send(message, replace(to_all, attempt=3)), Receipt)
        assert len(stage.effects("mass")) == 1


async def test_a_picture_missing_at_a_repeat_leaves_the_attempt_before_unknown(rehearse, to_all):
    async with rehearse() as stage:
        message = Message("image", images=(stage.picture(),))
        stage.fault("drop_after", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(message, to_all)
        stage.line.pictures.clear()
        stage.line.memory = {name: value for name, value in stage.line.memory.items() if name.startswith("asked:")}
        assert isinstance(await stage.send(message, to_all), Unknown)


async def test_a_platform_that_cannot_be_reached_again_leaves_the_attempt_before_unknown(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("drop_after", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(TEXT, to_all)
        whole = stage.account
        stage.settings(base_url="http://127.0.0.1:9")
        with pytest.raises(MaybeSent):
            await stage.send(TEXT, to_all)
        stage.account = whole
        assert isinstance(await stage.send(TEXT, to_all), Receipt)


async def test_a_platform_that_cannot_be_reached_at_all_surely_sent_nothing(rehearse, to_all):
    async with rehearse() as stage:
        await plugin.connect(stage.account, stage.line)
        whole = stage.account
        stage.settings(base_url="http://127.0.0.1:9")
        with pytest.raises(NotSent):
            await stage.send(TEXT, to_all)
        stage.account = whole
        stage.fault("error", "/mass/sendall", "45028")
        assert isinstance(await stage.send(TEXT, to_all), Exhausted)


@pytest.mark.parametrize(
    "address", ["http://api.weixin.qq.com", "ftp://x", "http://127.0.0.1.example.com:80", "file:///etc/passwd"]
)
async def test_a_secret_goes_over_tls_only(rehearse, to_all, address):
    async with rehearse() as stage:
        stage.settings(base_url=address)
        with pytest.raises(NotSent, match="https"):
            await stage.send(TEXT, to_all)
        stage.settings(base_url=stage.stage.address, simulated=False)
        with pytest.raises(NotSent, match="https"):
            await stage.send(TEXT, to_all)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_goes_wrong_on_the_way_there_is_one_effect_a_key(rehearse, to_all, seed):
    chance = random.Random(seed)
    names = ("drop_before", "drop_after", "token", "http", "error")
    paths = ("/stable_token", "/uploadimg", "/add_material", "/draft/add", "/mass/send", "/mass/send", "/mass/send")
    async with rehearse(kind="service") as stage:
        ids = ("o" + "1" * 27, "o" + "2" * 27)
        for number in range(6):
            delivery = replace(to_all, route="mass_list", key=f"{number:032x}", target=Target("ids", ids, 2))
            message = stage.articles()
            for _ in range(chance.randrange(5)):
                name = chance.choice(names)
                value = "502" if name == "http" else chance.choice(("-1", "45011", "40001", "45009"))
                stage.fault(name, chance.choice(paths), value)
            assert await settled(stage, message, delivery)
        assert sorted(effect.key for effect in stage.effects("mass")) == [f"{number:032x}" for number in range(6)]


async def settled(stage, message, delivery):
    """Try until the platform has it."""
    for attempt in range(1, 20):
        with contextlib.suppress(NotSent, MaybeSent):
            if isinstance(await stage.send(message, replace(delivery, attempt=attempt)), Receipt):
                return True
    return False


async def test_a_busy_platform_may_have_taken_the_job(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("error", "/mass/sendall", "-1")
        assert isinstance(await stage.send(TEXT, to_all), Unknown)


async def test_a_busy_platform_before_the_send_is_only_asked_again(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("error", "/draft/add", "-1")
        assert isinstance(await stage.send(message, to_all), Throttled)


async def test_a_repeat_that_comes_too_fast_stays_unknown(rehearse, to_all):
    async with rehearse(repeat_pause=60) as stage:
        stage.fault("drop_after", "/mass/sendall")
        with pytest.raises(MaybeSent):
            await stage.send(TEXT, to_all)
        assert isinstance(await stage.send(TEXT, to_all), Unknown)
        stage.patch(repeat_pause=0)
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
