"""The account's own draft box: listed a few at a time, its pictures fetched from the platform's hosts alone."""

from __future__ import annotations

import hashlib

import pytest

from qunfa_official_account import plugin
from qunfa_official_account.client import Client
from qunfa_official_account.drafts import draft
from saas.channels import Article, Message, NotSent


async def boxed(stage, count: int) -> None:
    """Put drafts into the box, as our own sends do before they go out."""
    for number in range(count):
        await draft(Client(stage.account, stage.line), stage.articles(2), f"{number:032x}")


async def box(stage):
    """Everything in the box."""
    return [one async for page in plugin.drafts(stage.account, stage.line) for one in page]


async def test_drafts_are_listed_whole_however_many_there_are(rehearse):
    async with rehearse() as stage:
        await boxed(stage, 7)
        pages = [page async for page in plugin.drafts(stage.account, stage.line)]
        listed = [one for page in pages for one in page]
        assert [len(page) for page in pages] == [5, 2]
        assert len({one.id for one in listed}) == 7
        assert [article.title for article in listed[0].articles] == ["标题 0", "标题 1"]
        assert all(one.changed_at.tzinfo for one in listed)


async def test_a_pictures_bytes_come_back_as_they_were_uploaded(rehearse):
    async with rehearse() as stage:
        message = stage.articles(1)
        await draft(Client(stage.account, stage.line), message, "a" * 32)
        article = (await box(stage))[0].articles[0]
        address = article.html.split('src="')[1].split('"')[0].replace("&amp;", "&")
        inside = await plugin.draft_picture(stage.account, address, stage.line)
        cover = await plugin.draft_picture(stage.account, article.cover, stage.line)
        assert hashlib.sha256(inside).hexdigest() == message.articles[0].pictures[0].sha256
        assert hashlib.sha256(cover).hexdigest() == message.articles[0].cover.sha256


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a",
        "https://e.example/mmbiz.qpic.cn",
        "http://mmbiz.qpic.cn:8080/a",
        "file:///etc/passwd",
        "//169.254.169.254/a",
    ],
)
async def test_no_other_address_is_asked(rehearse, address):
    async with rehearse() as stage:
        with pytest.raises(NotSent, match="picture"):
            await plugin.draft_picture(stage.account, address, stage.line)


async def test_a_box_that_cannot_be_had_is_no_empty_one(rehearse):
    async with rehearse() as stage:
        stage.fault("error", "/draft/batchget", "48001")
        with pytest.raises(NotSent, match="48001"):
            [page async for page in plugin.drafts(stage.account, stage.line)]
        with pytest.raises(NotSent, match="404"):
            await plugin.draft_picture(stage.account, "http://mmbiz.qpic.cn/mmbiz_png/" + "0" * 64 + "/0", stage.line)


async def test_the_crops_of_a_cover_go_into_the_draft_and_come_back(rehearse):
    async with rehearse() as stage:
        article = Article("标题", "<p>正文</p>", cover=stage.picture(), crops={"2.35:1": "0.000000_0.100000_1.000000_0.600000"})
        await draft(Client(stage.account, stage.line), Message("articles", (article,)), "b" * 32)
        kept = (await box(stage))[0].articles[0]
        assert kept.crops == article.crops
