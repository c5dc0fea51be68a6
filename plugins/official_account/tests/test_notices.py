"""Subscription notices against the rehearsal platform: one consent each, no key, and nothing is ever sent twice."""

from dataclasses import replace

import pytest

from qunfa_official_account import plugin
from qunfa_official_account.events import events
from saas.channels import Account, Exhausted, Limits, Message, MiniProgram, Receipt, Refused, Target, Unknown
from saas.channels.platform import MaybeSent


@pytest.fixture
def notice(template):
    return Message(
        "notice", template=replace(template.template, mini_program=MiniProgram("wx" + "0" * 16, "pages/order?id={order}"))
    )


def by_subscription(delivery):
    return replace(delivery, route="subscribe")


@pytest.mark.parametrize("kind", ["service", "subscription"])
async def test_a_notice_reaches_its_subscriber_and_the_result_comes_back(rehearse, to_one, notice, kind):
    async with rehearse(kind=kind) as stage:
        delivery = by_subscription(to_one(1, item="疫苗加强", order="A 1"))
        answer = await stage.send(notice, delivery)
        assert isinstance(answer, Receipt) and answer.ids["notice_id"] and not answer.progress.final
        (done,) = await stage.heard()
        assert (done.id_name, done.id_value, done.progress.delivered) == ("notice_id", answer.ids["notice_id"], 1)
        (effect,) = stage.effects("notice")
        assert (effect.people, effect.detail["openid"]) == (1, delivery.target.ids[0])


async def test_each_notice_uses_one_consent_up_and_then_the_person_is_left_out(rehearse, to_one, notice):
    async with rehearse(kind="service", subscribers={"o" + f"{2:027d}": 0}) as stage:
        first = by_subscription(to_one(1, item="疫苗加强", order="A"))
        assert isinstance(await stage.send(notice, first), Receipt)
        for refused in (first, by_subscription(to_one(2, item="疫苗加强", order="A"))):
            answer = await stage.send(notice, refused)
            assert isinstance(answer, Refused) and (answer.code, answer.field) == ("43101", "target")
        assert len(stage.effects("notice")) == 1


async def test_a_lost_answer_is_unknown_and_can_be_looked_up_nowhere(rehearse, to_one, notice):
    async with rehearse(kind="service") as stage:
        delivery = by_subscription(to_one(1, item="疫苗加强", order="A"))
        stage.fault("drop_after", "/subscribe/bizsend")
        with pytest.raises(MaybeSent):
            await stage.send(notice, delivery)
        assert isinstance(await plugin.lookup(stage.account, notice, delivery, stage.line), Unknown)
        (sent,) = stage.effects("notice")
        assert sent.key == delivery.target.ids[0]  # the platform was given no key of ours
        route = plugin.channel().kind("service").route("notice", "ids")
        assert (route.name, route.repeat.by) == ("subscribe", "none")


@pytest.mark.parametrize(
    ("item", "gone", "id", "code", "field"),
    [
        ("疫" * 21, False, "Tm-booking-0001", "47003", "template"),
        ("疫苗", True, "Tm-booking-0001", "43004", "target"),
        ("疫苗", False, "other", "40037", "template"),
    ],
)
async def test_what_the_platform_refuses_is_named_and_uses_nothing_up(rehearse, to_one, notice, item, gone, id, code, field):
    async with rehearse(kind="service") as stage:
        delivery = by_subscription(to_one(1, item=item, order="A"))
        stage.patch(unfollowed=list(delivery.target.ids) if gone else [])
        answer = await stage.send(replace(notice, template=replace(notice.template, id=id)), delivery)
        assert isinstance(answer, Refused) and (answer.code, answer.field) == (code, field)
        assert stage.effects("notice") == []


async def test_a_malformed_openid_and_a_list_of_two_are_refused(rehearse, to_one, notice):
    async with rehearse(kind="service") as stage:
        delivery = by_subscription(to_one(1, item="疫苗", order="A"))
        answer = await stage.send(notice, replace(delivery, target=Target("ids", ("not-an-openid",), 1, delivery.target.fields)))
        assert isinstance(answer, Refused) and answer.code == "40003"
        two = replace(delivery, target=Target("ids", ("o" + "1" * 27, "o" + "2" * 27)))
        assert isinstance(await stage.send(notice, two), Refused)


async def test_a_template_message_never_goes_out_as_a_notice_nor_the_other_way_round(rehearse, to_one, template, notice):
    async with rehearse(kind="service") as stage:
        delivery = to_one(1, item="疫苗", order="A")
        assert isinstance(await stage.send(template, by_subscription(delivery)), Refused)
        assert isinstance(await stage.send(notice, delivery), Refused)
        assert stage.effects("notice") == stage.effects("template") == []


async def test_the_days_calls_used_up_is_exhausted_by_the_cap_of_notices(rehearse, to_one, notice):
    async with rehearse(kind="service") as stage:
        stage.fault("error", "/subscribe/bizsend", "45009")
        answer = await stage.send(notice, by_subscription(to_one(1, item="疫苗", order="A")))
        assert isinstance(answer, Exhausted) and answer.window == "subscribe_day"


async def test_what_the_platform_could_not_deliver_is_reported_failed(rehearse, to_one, notice):
    async with rehearse(kind="service", notice_status="system failed", push_format="json") as stage:
        await stage.send(notice, by_subscription(to_one(1, item="疫苗", order="A")))
        (done,) = await stage.heard()
        assert (done.progress.failed, done.progress.final) == (1, True) and "system failed" in done.progress.reason


def test_the_result_is_read_in_every_form_it_is_pushed_in():
    about = {"FromUserName": "o1", "CreateTime": "1620963428", "MsgType": "event", "Event": "subscribe_msg_sent_event"}
    items = [{"TemplateId": "T", "MsgID": str(n), "ErrorCode": "0", "ErrorStatus": "success"} for n in (7, 8)]
    for fields in ({"List": items}, {"SubscribeMsgSentEvent": {"List": items}}):
        one, two = events({**about, **fields})
        assert (one.id_value, two.id_value, one.progress.delivered) == ("7", "8", 1) and one.dedupe != two.dedupe
    (bare,) = events({**about, "List": {"TemplateId": "T", "ErrorStatus": "success"}})
    assert (bare.id_name, bare.target, bare.progress.delivered) == ("", "o1", 1)
    assert events({**about, "List": None}) == []


def test_a_notice_is_checked_and_shown_as_what_it_is(notice):
    account = Account(1, "a", "official_account", "service", "咖啡日课", {}, {"verified": True})
    found = {finding.rule: finding for finding in plugin.check(account, notice, Limits())}
    assert "43101" in found["notice_use"].remedy[0] and found["template_use"].severity == "note"
    assert "订阅" in plugin.preview(account, notice)[0].note.zh
