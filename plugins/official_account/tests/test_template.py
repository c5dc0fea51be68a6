"""Template messages against the rehearsal platform."""

import asyncio
import time
from dataclasses import replace

import pytest

from qunfa_official_account import plugin
from qunfa_official_account.template import address
from saas.channels import Exhausted, Message, Receipt, Refused, Target
from saas.channels.platform import MaybeSent


async def test_a_notice_reaches_its_follower_and_the_result_comes_back(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        delivery = to_one(1, item="疫苗加强")
        answer = await stage.send(template, delivery)
        assert isinstance(answer, Receipt) and answer.ids["msg_id"]
        (done,) = await stage.heard()
        assert (done.id_name, done.target, done.progress.delivered) == ("", delivery.target.ids[0], 1)
        (effect,) = stage.effects("template")
        assert (effect.key, effect.people, effect.detail["openid"]) == (delivery.key, 1, delivery.target.ids[0])


async def test_a_follower_who_blocks_the_account_is_reported_failed(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        delivery = to_one(1, item="疫苗加强")
        stage.patch(blocked=[delivery.target.ids[0]])
        await stage.send(template, delivery)
        (done,) = await stage.heard()
        assert (done.progress.failed, done.progress.code) == (1, "failed:user block")


async def test_a_lost_answer_is_repeated_without_a_second_message(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        delivery = to_one(1, item="疫苗加强")
        stage.fault("drop_after", "/template/send")
        with pytest.raises(MaybeSent):
            await stage.send(template, delivery)
        answer = await stage.send(template, replace(delivery, attempt=2))
        (effect,) = stage.effects("template")
        assert isinstance(answer, Receipt) and answer.ids["msg_id"] == effect.platform_id


@pytest.mark.parametrize(
    ("item", "code", "field"), [("", "47003", "template"), ("疫" * 21, "47003", "template"), ("疫苗", "43004", "target")]
)
async def test_a_value_that_breaks_its_rule_and_a_stranger_are_refused(rehearse, to_one, template, item, code, field):
    async with rehearse(kind="service") as stage:
        delivery = to_one(1, item=item)
        stage.patch(unfollowed=[delivery.target.ids[0]])
        answer = await stage.send(template, delivery)
        assert isinstance(answer, Refused) and (answer.code, answer.field) == (code, field)
        assert ("data.thing1.value" in answer.reason) == (code == "47003")
        assert stage.effects("template") == []


async def test_a_malformed_openid_and_an_unknown_template_are_refused(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        stranger = replace(to_one(1, item="疫苗"), target=Target("ids", ("not-an-openid",), 1, {"item": "疫苗"}))
        answer = await stage.send(template, stranger)
        assert isinstance(answer, Refused) and answer.code == "40003"
        unknown = replace(template, template=replace(template.template, id="other"))
        answer = await stage.send(unknown, to_one(1, item="疫苗"))
        assert isinstance(answer, Refused) and answer.code == "40037"


async def test_the_days_calls_used_up_is_exhausted_by_the_days_cap(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        stage.fault("error", "/template/send", "45009")
        answer = await stage.send(template, to_one(1, item="疫苗"))
        assert isinstance(answer, Exhausted) and answer.window == "template_day"


async def test_a_subscription_account_has_no_template_messages(rehearse):
    kinds = {kind.name: kind for kind in plugin.channel().kinds}
    assert kinds["subscription"].route("template", "ids") is None
    assert kinds["service"].route("template", "ids").name == "template"


async def test_what_was_never_reported_ends_as_unknown(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        told = await plugin.progress(stage.account, to_one(1), stage.line)
        assert told.final and told.delivered == told.failed == 0 and told.reason


async def test_five_thousand_notices_take_a_few_seconds_and_leave_one_effect_each(rehearse, to_one, template):
    async with rehearse(kind="service", template_push=False) as stage:
        deliveries = [to_one(number, item="疫苗加强") for number in range(5000)]
        gate, began = asyncio.Semaphore(256), time.perf_counter()

        async def one(delivery):
            async with gate:
                return await stage.send(template, delivery)

        answers = await asyncio.gather(*map(one, deliveries))
        assert all(isinstance(answer, Receipt) for answer in answers)
        assert len({effect.key for effect in stage.effects("template")}) == 5000
        assert time.perf_counter() - began < 60


def test_a_link_is_filled_and_quoted_unless_it_is_the_placeholder_itself():
    fields = {"order": "A 1&b=2", "link": "https://www.example.com/x?y=1"}
    assert address("https://www.example.com/{order}", fields) == "https://www.example.com/A%201%26b%3D2"
    assert address("{link}", fields) == fields["link"]


async def test_a_message_for_two_is_refused_before_any_call(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        two = replace(to_one(1), target=Target("ids", ("o" + "1" * 27, "o" + "2" * 27)))
        assert isinstance(await stage.send(template, two), Refused)
        assert isinstance(await stage.send(Message("template"), to_one(1)), Refused)
        assert stage.line.fetched == 0
