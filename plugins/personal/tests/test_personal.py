"""The assisted channel: batches, the text to copy, and what a person ticks off."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qunfa_personal import plugin
from qunfa_personal.wording import copy_text
from saas.channels import Account, Article, Delivery, Link, Message, Picture, Receipt, Refused, Target
from saas.channels.registry import Registry

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ACCOUNT = Account(1, "stars", "personal", "assisted", "示例客服号")
KEY = "0123456789abcdef0123456789abcdef"
HELLO = Message("text", text="周末开放日")


def delivery(people: int = 200, **more: object) -> Delivery:
    return Delivery(1, KEY, "assisted", Target("ids", tuple(f"c{n}" for n in range(people)), people), **more)


def send(message: Message = HELLO, people: int = 200, account: Account = ACCOUNT, **more: object):
    return asyncio.run(plugin.send(account, message, delivery(people, started_at=NOW, **more), None))


def test_the_registry_takes_the_channel():
    registry = Registry()
    registry.register("personal", plugin)
    registry.freeze()
    kind = registry.kind("personal", "assisted")
    assert kind.assisted
    assert kind.routes[0].fan_out.size == 200


def test_a_batch_becomes_a_task_with_the_text_to_copy():
    outcome = send()
    assert isinstance(outcome, Receipt)
    assert outcome.ids == {"task": KEY, "text": "周末开放日"}
    assert (outcome.progress.awaiting, outcome.progress.delivered, outcome.progress.final) == (200, 0, False)
    assert outcome.progress.awaiting_until == NOW + timedelta(hours=72)


def test_a_repeat_of_the_same_delivery_is_the_same_task():
    assert send() == send(attempt=2)


def test_a_batch_of_more_than_two_hundred_is_refused():
    assert isinstance(send(people=200), Receipt)
    outcome = send(people=201)
    assert (type(outcome), outcome.field) == (Refused, "target")


def test_a_text_of_twenty_thousand_characters_fits_and_one_more_is_refused_by_how_much():
    assert isinstance(send(Message("text", text="字" * 20_000)), Receipt)
    outcome = send(Message("text", text="字" * 20_003))
    assert (type(outcome), outcome.field) == (Refused, "text")
    assert "3" in outcome.reason


@pytest.mark.parametrize(("hours", "wait"), [("24", 24), ("", 72), ("soon", 72), ("-1", 72), ("nan", 72)])
def test_the_time_a_person_has_is_a_setting(hours, wait):
    outcome = send(account=replace(ACCOUNT, settings={"deadline_hours": hours}))
    assert outcome.progress.awaiting_until == NOW + timedelta(hours=wait)


def test_articles_are_copied_as_title_digest_and_address():
    html = "<style>p{}</style><p>第一段 <b>要点</b> &amp; 更多</p><script>alert(1)</script>" + "<p>长</p>" * 200
    told = Article("星野周报", html, source_url="https://www.example.com/w"), Article("日食", "<p>x</p>", digest="怎么看日食")
    text = copy_text(Message("articles", articles=told))
    first, second = text.split("\n\n")
    assert first.startswith("《星野周报》\n第一段 要点 & 更多 长")
    assert first.endswith("…\nhttps://www.example.com/w")
    assert "alert" not in text
    assert second == "《日食》\n怎么看日食"


def test_links_and_pictures_are_named():
    picture = Picture("a" * 64, "image/png", 8, 8, 72, name="cat.jpg")
    message = Message("image", text="看", images=(picture, replace(picture, name="")))
    assert copy_text(message) == "看\n\n（附图 2 张：cat.jpg、aaaaaaaa）"
    link = Message("link", link=Link("新品", "https://www.example.com/a", "九款"))
    assert copy_text(link) == "新品\n九款\nhttps://www.example.com/a"


def test_the_check_says_that_a_person_must_do_it_and_blocks_what_is_too_long():
    assert [f.severity for f in plugin.check(HELLO)] == ["note"]
    long = Message("link", text="字" * 19_990, link=Link("新品", "https://www.example.com/a"))
    assert [f.severity for f in plugin.check(long)] == ["note", "block"]


def test_there_are_no_caps_and_stopping_is_possible_at_any_time():
    limits = plugin.limits(ACCOUNT, plugin.channel().kinds[0].routes[0], NOW)
    assert (limits.caps, limits.recall_seconds) == ((), 0)
    assert limits.content_rule("text_chars") == 20_000


def test_stopping_names_the_task():
    stopped = asyncio.run(plugin.recall(delivery(ids={"task": KEY})))
    assert stopped == Receipt({"task": KEY})
    assert asyncio.run(plugin.connect()) == Receipt({})


def test_the_contacts_come_in_pages_of_a_batch(phone):
    account = phone.enrol()

    async def pages():
        return [page async for page in plugin.audience(account)]

    found = phone.run(pages())
    assert [len(page) for page in found] == [200, 200, 117]
    assert found[0][0].fields == {"title": "顾客 001"}
    assert len({target.ids[0] for page in found for target in page}) == 517


def test_the_same_account_has_the_same_contacts(phone):
    assert phone.enrol().settings == phone.enrol().settings


def test_who_is_ticked_off_is_an_effect_once_a_task_even_after_a_restart(phone):
    account = phone.enrol(5)
    ids = [contact["id"] for contact in account.settings["contacts"]]
    assert phone.post("/tick", {"account": "stars", "task": KEY, "ids": ids[:3]}) == (200, {"ticked": 3, "total": 3})
    phone.restart()
    assert phone.post("/tick", {"account": "stars", "task": KEY, "ids": ids[2:4]}) == (200, {"ticked": 1, "total": 4})
    assert phone.post("/tick", {"account": "stars", "task": KEY, "ids": ids[:4]}) == (200, {"ticked": 0, "total": 4})
    assert phone.post("/tick", {"account": "stars", "task": "other", "ids": ids[:1]}) == (200, {"ticked": 1, "total": 1})
    effects = phone.server.stage.effects
    assert [(e.kind, e.people, e.key) for e in effects] == [("assisted", 3, KEY), ("assisted", 1, KEY), ("assisted", 1, "other")]
    assert {e.account for e in effects} == {"stars"}


@pytest.mark.parametrize("told", [{"account": "nobody"}, {"ids": ["stranger"]}, {"task": ""}])
def test_a_tick_for_somebody_unknown_is_refused(phone, told):
    account = phone.enrol(2)
    good = {"account": "stars", "task": KEY, "ids": [account.settings["contacts"][0]["id"]]}
    status, _ = phone.post("/tick", {**good, **told})
    assert status == 422
    assert phone.server.stage.effects == []
