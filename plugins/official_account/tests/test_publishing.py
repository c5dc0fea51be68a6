"""Publishing without notice: on the page once, never twice, found after a lost answer, and taken down when it must be."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qunfa_official_account import plugin
from qunfa_official_account.events import events
from saas.channels import (
    Absent,
    Delivery,
    Exhausted,
    Message,
    Progressed,
    Receipt,
    Refused,
    Target,
    Throttled,
    Unauthorized,
    Unknown,
)
from saas.channels.platform import MaybeSent

KEY = "0123456789abcdef0123456789abcdee"


@pytest.fixture
def on_page():
    return Delivery(1, KEY, "publish", Target("all", people=1), started_at=datetime.now(UTC))


async def look(stage, message, delivery):
    return await plugin.lookup(stage.account, message, delivery, stage.line)


async def test_articles_are_published_once_and_the_event_says_where_they_stand(rehearse, on_page):
    async with rehearse() as stage:
        answer = await stage.send(stage.articles(2), on_page)
        assert isinstance(answer, Receipt)
        (event,) = await stage.heard()
        assert isinstance(event, Progressed)
        assert (event.id_name, event.id_value) == ("publish_id", answer.ids["publish_id"])
        assert event.progress.delivered == 1 and event.progress.final and event.foreign == ()
        assert event.progress.ids["article_url"].startswith("https://mp.weixin.qq.com/")
        assert len(stage.effects("publish")) == 1
        assert stage.effects("mass") == []


async def test_no_mass_send_is_used_by_publishing(rehearse, on_page, to_all):
    async with rehearse(kind="subscription") as stage:
        for number in range(3):
            assert isinstance(await stage.send(stage.articles(), replace(on_page, key=f"{number:032d}")), Receipt)
        assert isinstance(await stage.send(stage.articles(), to_all), Receipt)


async def test_a_push_under_the_mass_events_name_is_read_by_its_own_field_in_json_too(rehearse, on_page):
    async with rehearse(push_format="json") as stage:
        answer = await stage.send(stage.articles(), on_page)
        (event,) = await stage.heard()
        assert event.id_value == answer.ids["publish_id"] and event.progress.delivered == 1


async def test_an_answer_lost_after_the_effect_is_found_and_never_published_again(rehearse, on_page):
    async with rehearse() as stage:
        message = stage.articles(2)
        stage.fault("drop_after", "/freepublish/submit")
        with pytest.raises(MaybeSent):
            await stage.send(message, on_page)
        await stage.heard()
        found = await look(stage, message, on_page)
        assert isinstance(found, Receipt) and found.ids["article_id"] and found.progress.delivered == 1
        assert isinstance(await stage.send(message, replace(on_page, attempt=2)), Receipt)
        assert len(stage.effects("publish")) == 1
        taken = await plugin.recall(stage.account, replace(on_page, ids=dict(found.ids)), message, stage.line)
        assert isinstance(taken, Receipt)


async def test_what_never_arrived_stays_unknown_and_is_not_made_again_by_a_repeat(rehearse, on_page):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_before", "/freepublish/submit")
        with pytest.raises(MaybeSent):
            await stage.send(message, on_page)
        assert isinstance(await look(stage, message, on_page), Unknown)
        assert isinstance(await stage.send(message, replace(on_page, attempt=2)), Unknown)
        assert stage.effects("publish") == []


async def test_a_publication_of_the_same_titles_is_not_taken_for_one_whose_draft_still_lies_there(rehearse, on_page):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("drop_before", "/freepublish/submit")
        with pytest.raises(MaybeSent):
            await stage.send(message, on_page)
        assert isinstance(await stage.send(message, replace(on_page, id=2, key="f" * 32)), Receipt)
        await stage.heard()
        assert isinstance(await look(stage, message, on_page), Unknown)


async def test_a_worker_that_was_lost_before_it_asked_leaves_nothing_in_doubt(rehearse, on_page):
    async with rehearse() as stage:
        assert isinstance(await look(stage, stage.articles(), on_page), Absent)


@pytest.mark.parametrize(
    ("code", "meant"),
    [("45009", Exhausted), ("45011", Throttled), ("48001", Unauthorized), ("87014", Refused), ("53500", Unauthorized)],
)
async def test_a_refusal_published_nothing_and_the_next_attempt_may(rehearse, on_page, code, meant):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("error", "/freepublish/submit", code)
        assert isinstance(await stage.send(message, on_page), meant)
        assert isinstance(await look(stage, message, on_page), Absent)
        assert isinstance(await stage.send(message, on_page), Receipt)
        assert len(stage.effects("publish")) == 1


async def test_a_busy_platform_may_have_taken_it_and_is_not_asked_again(rehearse, on_page):
    async with rehearse() as stage:
        message = stage.articles()
        stage.fault("error", "/freepublish/submit", "-1")
        assert isinstance(await stage.send(message, on_page), Unknown)
        assert isinstance(await stage.send(message, replace(on_page, attempt=2)), Unknown)
        assert stage.effects("publish") == []


@pytest.mark.parametrize("verdict", [2, 3, 4])
async def test_what_the_platform_does_not_pass_is_failed_with_its_reason(rehearse, on_page, verdict):
    async with rehearse(publish_verdict=verdict) as stage:
        answer = await stage.send(stage.articles(), on_page)
        (event,) = await stage.heard()
        assert event.progress.final and event.progress.rest == "failed" and event.progress.code == f"publish_{verdict}"
        asked = await plugin.progress(stage.account, replace(on_page, ids=dict(answer.ids)), stage.line)
        assert (asked.rest, asked.reason) == (event.progress.rest, event.progress.reason)
        assert stage.effects("publish") == []


async def test_its_state_is_asked_when_the_event_is_lost(rehearse, on_page):
    async with rehearse(callback_path="") as stage:
        answer = await stage.send(stage.articles(), on_page)
        delivery = replace(on_page, ids=dict(answer.ids))
        for _ in range(60):  # the platform answers a hundred such questions a day
            if (progress := await plugin.progress(stage.account, delivery, stage.line)).final:
                break
            assert progress.poll_after >= 60
            await asyncio.sleep(0.05)
        assert progress.delivered == 1 and progress.ids["article_id"]


async def test_taking_down_is_done_once_and_a_lost_answer_of_it_is_seen_by_looking(rehearse, on_page):
    async with rehearse() as stage:
        message = stage.articles(2)
        answer = await stage.send(message, on_page)
        (event,) = await stage.heard()
        delivery = replace(on_page, ids={**answer.ids, **event.progress.ids})
        stage.fault("drop_after", "/freepublish/delete")
        with pytest.raises(Exception, match="freepublish/delete"):
            await plugin.recall(stage.account, delivery, message, stage.line)
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Receipt)
        assert len(stage.effects("page_down")) == 1


async def test_what_was_never_published_cannot_be_taken_down(rehearse, on_page):
    async with rehearse(publish_verdict=4) as stage:
        message = stage.articles()
        answer = await stage.send(message, on_page)
        await stage.heard()
        delivery = replace(on_page, ids=dict(answer.ids))
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Refused)


async def test_only_articles_can_be_published(rehearse, on_page):
    async with rehearse() as stage:
        assert isinstance(await stage.send(Message("text", text="字"), on_page), Refused)


async def test_an_unverified_account_gets_a_draft_and_a_person_publishes(rehearse, on_page):
    async with rehearse(verified=False) as stage:
        stage.settings(verified=False)
        answer = await stage.send(stage.articles(), on_page)
        assert isinstance(answer, Unauthorized) and "手动发表" in answer.detail
        assert stage.effects("publish") == []


def test_a_state_without_a_number_is_no_success():
    push = {"FromUserName": "mphelper", "MsgType": "event", "Event": "PUBLISHJOBFINISH", "PublishEventInfo": {"publish_id": "7"}}
    assert events(push) == []


async def test_what_stands_is_known_again_after_the_simulator_restarts(rehearse, on_page):
    async with rehearse() as stage:
        message = stage.articles()
        answer = await stage.send(message, on_page)
    delivery = replace(on_page, ids=dict(answer.ids))
    async with rehearse() as stage:
        assert (await plugin.progress(stage.account, delivery, stage.line)).delivered == 1
        assert isinstance(await plugin.recall(stage.account, delivery, message, stage.line), Receipt)
    async with rehearse() as stage:
        assert (await plugin.progress(stage.account, delivery, stage.line)).code == "publish_5"
