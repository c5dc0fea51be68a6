"""Taking down, looking up, polling, figures and followers."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qunfa_official_account import plugin
from saas.channels import Delivery, Exhausted, Message, Receipt, Refused, Target, TargetChanged, Throttled, Unknown
from saas.channels.platform import NotSent
from saas.channels.simulator.server import Server

TEXT = Message("text", text="春分")


async def accepted(stage, to_all, message):
    answer = await stage.send(message, to_all)
    assert isinstance(answer, Receipt)
    await stage.heard()
    return replace(to_all, ids=answer.ids)


async def test_an_article_is_taken_down_once_and_said_so(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles(2)
        delivery = await accepted(stage, to_all, message)
        for _ in range(2):
            assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Receipt)
        (effect,) = stage.effects("take_down")
        assert effect.platform_id == delivery.ids["msg_id"]
        told = await plugin.progress(stage.account, delivery, stage.line)
        assert told.code == "DELETE"


async def test_one_article_of_two_is_taken_down_and_then_the_rest(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles(2)
        delivery = await accepted(stage, to_all, message)
        down = await plugin.take_down_article(stage.account, delivery, 2, stage.line)
        assert isinstance(down, Receipt)
        assert [effect.detail["article_idx"] for effect in stage.effects("take_down")] == [2]
        beyond = await plugin.take_down_article(stage.account, delivery, 3, stage.line)
        assert (type(beyond), beyond.code) == (Refused, "40060")
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Receipt)
        assert [effect.detail["article_idx"] for effect in stage.effects("take_down")] == [2, 0]
        assert isinstance(await plugin.take_down_article(stage.account, delivery, 1, stage.line), Receipt), "it is gone"


async def test_of_a_publication_no_single_article_is_taken_down(rehearse, to_all):
    async with rehearse() as stage:
        delivery = replace(to_all, route="publish", ids={"publish_id": "1"})
        assert isinstance(await plugin.take_down_article(stage.account, delivery, 1, stage.line), Refused)
        assert stage.effects("take_down") == []


async def test_text_and_templates_cannot_be_taken_back(rehearse, to_all, to_one, template):
    async with rehearse(kind="service") as stage:
        delivery = await accepted(stage, to_all, TEXT)
        assert isinstance(await plugin.recall(stage.account, delivery, TEXT, stage.line), Refused)
        assert isinstance(await plugin.recall(stage.account, to_one(1), template, stage.line), Refused)
        assert stage.effects("take_down") == []


async def test_a_job_that_is_still_going_out_is_taken_down_later(rehearse, to_all):
    async with rehearse(finish_delay=60) as stage:
        message = stage.articles()
        answer = await stage.send(message, to_all)
        delivery = replace(to_all, ids=answer.ids)
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Throttled)


async def test_a_job_nobody_knows_cannot_be_taken_down(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        for ids in ({}, {"msg_id": "12345"}):
            answer = await plugin.recall(stage.account, replace(to_all, ids=ids), message, stage.line)
            assert isinstance(answer, Refused) and answer.field == "msg_id"


async def test_ten_take_downs_a_day_are_the_end(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        delivery = await accepted(stage, to_all, message)
        for _ in range(10):
            await plugin.recall(stage.account, delivery, message, stage.line)
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Exhausted)


async def test_a_lost_event_ends_in_a_status_without_counts(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("callback_lost")
        answer = await stage.send(TEXT, to_all)
        delivery = replace(to_all, ids=answer.ids)
        assert (await plugin.progress(stage.account, delivery, stage.line)).code == "SENDING"
        await asyncio.sleep(0.2)
        told = await plugin.progress(stage.account, delivery, stage.line)
        assert (told.final, told.poll_after, told.code) == (False, 60, "SEND_SUCCESS")
        seen = float(stage.line.memory[f"ended:{answer.ids['msg_id']}"])
        stage.line.memory[f"ended:{answer.ids['msg_id']}"] = repr(seen - 61)
        told = await plugin.progress(stage.account, delivery, stage.line)
        assert told.final and told.delivered == told.failed == told.skipped == 0 and "丢失" in told.reason


async def test_a_job_is_looked_up_by_its_id_and_otherwise_stays_unknown(rehearse, to_all):
    async with rehearse() as stage:
        delivery = await accepted(stage, to_all, TEXT)
        found = await plugin.lookup(stage.account, TEXT, delivery, stage.line)
        assert isinstance(found, Receipt) and found.ids == delivery.ids
        assert isinstance(await plugin.lookup(stage.account, TEXT, to_all, stage.line), Unknown)
        strange = replace(to_all, ids={"msg_id": "1"})
        assert isinstance(await plugin.lookup(stage.account, TEXT, strange, stage.line), Refused)


async def test_polling_survives_a_platform_that_refuses(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("error", "/mass/get", "45011")
        told = await plugin.progress(stage.account, replace(to_all, ids={"msg_id": "1"}), stage.line)
        assert not told.final and told.poll_after and told.code == "45011"


async def test_figures_tell_who_opened_and_shared(rehearse, to_all):
    async with rehearse(people=20_000) as stage:
        delivery = await accepted(stage, to_all, stage.articles(2))
        told = await plugin.figures(stage.account, delivery, datetime.now(UTC), stage.line)
        sent = stage.effects("mass")[0].people
        assert 0 < told["shared"] < told["opened_all"] and 0 < told["opened"] < sent
        assert all(type(value) is int for value in told.values())
        assert sum(value for name, value in told.items() if name.startswith("from_")) == told["opened_all"]
        assert 0 < told["finished"] < told["opened_all"] and told["recommended"]
        assert told == await plugin.figures(stage.account, delivery, datetime.now(UTC), stage.line)


async def test_figures_of_an_adopted_job_are_found_by_the_articles_address(rehearse, to_all):
    async with rehearse(people=20_000) as stage:
        delivery = await accepted(stage, to_all, stage.articles())
        (finished,) = stage.events
        whole = await plugin.figures(stage.account, delivery, datetime.now(UTC), stage.line)
        adopted = replace(to_all, ids={"msg_id": delivery.ids["msg_id"], **finished.progress.ids})
        told = await plugin.figures(stage.account, adopted, datetime.now(UTC), stage.line)
        assert told == whole and told["opened"]
        nothing = replace(to_all, ids={"msg_id": delivery.ids["msg_id"]})
        assert await plugin.figures(stage.account, nothing, datetime.now(UTC), stage.line) == {}


async def test_figures_that_are_not_ready_are_empty(rehearse, to_all, to_one):
    async with rehearse(kind="service", figures="next_day") as stage:
        delivery = await accepted(stage, to_all, stage.articles())
        now = datetime.now(UTC)
        assert await plugin.figures(stage.account, delivery, now, stage.line) == {}
        assert await plugin.figures(stage.account, to_one(1), now, stage.line) == {}
        later = replace(delivery, started_at=now + timedelta(days=3))
        assert await plugin.figures(stage.account, later, now, stage.line) == {}


async def test_the_daily_figures_stand_in_while_there_is_no_total(rehearse, to_all):
    async with rehearse(people=20_000) as stage:
        delivery = await accepted(stage, to_all, stage.articles())
        stage.fault("error", "/getarticletotaldetail", "61503")
        told = await plugin.figures(stage.account, delivery, datetime.now(UTC), stage.line)
        assert told["opened"] and told["shared"] and told["liked"] == 0


async def test_a_big_account_gives_its_followers_by_the_ten_thousand(rehearse):
    async with rehearse(kind="service", people=25_000) as stage:
        routes = {route.name: route for route in plugin.channel().kinds[1].routes}
        sizes, seen = [], set()
        async for page in plugin.audience(stage.account, routes["mass_list"], "", stage.line):
            sizes.append(len(page))
            seen |= {target.ids[0] for target in page}
        assert sizes == [10_000, 10_000, 5_000] and len(seen) == 25_000
        pages = [page async for page in plugin.audience(stage.account, routes["mass"], "", stage.line)]
        assert pages == [[Target("all", people=25_000)]]


async def test_people_who_leave_after_a_send_are_told_of_and_counted_out(rehearse, to_all):
    async with rehearse(kind="service", people=100, leavers=3) as stage:
        await stage.send(TEXT, to_all)
        events = await stage.heard(4)
        gone = {event.target for event in events if isinstance(event, TargetChanged) and event.change == "left"}
        route = plugin.channel().kinds[1].routes[1]
        left = {target.ids[0] async for page in plugin.audience(stage.account, route, "", stage.line) for target in page}
        assert len(gone) == 3 and len(left) == 97 and not gone & left


async def test_a_days_limit_can_be_set_for_a_rehearsal(rehearse, to_one, template):
    async with rehearse(kind="service", daily_limits={"/cgi-bin/message/template/send": 2}) as stage:
        answers = [await stage.send(template, to_one(number, item="疫苗")) for number in range(3)]
        assert [type(answer) for answer in answers] == [Receipt, Receipt, Exhausted]
        assert len(stage.effects("template")) == 2


async def test_followers_that_cannot_be_had_are_not_an_outcome_of_a_send(rehearse):
    async with rehearse(kind="service", people=10) as stage:
        stage.fault("error", "/user/get", "48001")
        route = plugin.channel().kinds[1].routes[1]
        with pytest.raises(NotSent, match="48001"):
            [page async for page in plugin.audience(stage.account, route, "", stage.line)]


async def test_a_job_under_send_protection_waits_for_its_half_hour(rehearse, to_all):
    async with rehearse(finish_delay=60) as stage:
        stage.settings(send_protection=True)
        answer = await stage.send(TEXT, to_all)
        waiting = await plugin.progress(stage.account, replace(to_all, ids=answer.ids), stage.line)
        assert waiting.awaiting == 5000 and waiting.awaiting_until == answer.progress.awaiting_until
        early = replace(to_all, ids=answer.ids, started_at=to_all.started_at - timedelta(minutes=31))
        assert (await plugin.progress(stage.account, early, stage.line)).awaiting == 0


async def test_an_account_without_followers_has_no_pages(rehearse):
    async with rehearse(kind="service", people=0) as stage:
        route = plugin.channel().kinds[1].routes[1]
        assert [page async for page in plugin.audience(stage.account, route, "", stage.line)] == []


async def test_jobs_and_keys_survive_a_restart_of_the_rehearsal(rehearse, to_all, to_one, template):
    async with rehearse(kind="service") as stage:
        listed = Delivery(
            2, "c" * 32, "mass_list", Target("ids", ("o" + "1" * 27, "o" + "2" * 27), 2), started_at=datetime.now(UTC)
        )
        message = stage.articles()
        delivery = await accepted(stage, to_all, message)
        await stage.send(TEXT, listed)
        notice = await stage.send(template, to_one(7, item="疫苗"))
    async with rehearse(kind="service") as stage:
        again = await stage.send(TEXT, to_all)
        assert isinstance(again, Receipt) and again.ids["msg_id"] == delivery.ids["msg_id"]
        assert (await stage.send(template, to_one(7, item="疫苗"))).ids == notice.ids
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Receipt)
        assert len(stage.effects("mass")) == 2 and len(stage.effects("template")) == 1
    async with rehearse(kind="service") as stage:
        assert (await plugin.progress(stage.account, delivery, stage.line)).code == "DELETE"


async def test_the_same_enrolment_gives_the_same_credentials(rehearse):
    async with rehearse() as stage:
        simulator = stage.server.simulator
        assert isinstance(stage.server, Server)
        again = simulator.enrol(stage._enrolment, stage.stage.address)
        assert again.id == stage.app_id and dict(again.credentials) == dict(stage.account.credentials)
        assert len(again.credentials["aes_key"]) == 43 and again.settings["simulated"] is True
