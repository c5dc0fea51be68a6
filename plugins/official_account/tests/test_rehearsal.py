"""The rehearsal platform's own rules, asked as a client asks them."""

import asyncio

import pytest

from qunfa_official_account.client import Client
from qunfa_official_account.outcomes import Refusal
from saas.channels.http import Upload

ADD = "/cgi-bin/draft/add"
SENDALL = "/cgi-bin/message/mass/sendall"
TO_ALL = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "春分"}}


async def refused(doing):
    """The code the platform refuses with."""
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code


async def article(stage, client, **change):
    media = await client.upload("/cgi-bin/material/add_material", upload(stage), "image")
    return {"title": "标题", "content": "<p>正文</p>", "thumb_media_id": media["media_id"], **change}


def upload(stage, mime="image/png", size=100):
    data = stage.line.pictures[stage.picture(size, mime).sha256]
    return Upload("picture", data, mime)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": ""}, 45003),
        ({"title": "题" * 65}, 45003),
        ({"content": " "}, 44004),
        ({"content": "文" * 20_000}, 45002),
        ({"digest": "摘" * 129}, 45004),
        ({"author": "作" * 17}, 45110),
        ({"content_source_url": "https://e.cn/" + "x" * 1024}, 45005),
        ({"content_source_url": "javascript:1"}, 41039),
        ({"thumb_media_id": "nothing"}, 40007),
    ],
)
async def test_an_article_is_checked_field_by_field(rehearse, change, code):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        given = await article(stage, client, **change)
        assert await refused(client.prepare(ADD, {"articles": [given]})) == code


async def test_a_draft_holds_one_to_eight_articles_and_can_be_deleted(rehearse):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        given = await article(stage, client)
        assert await refused(client.prepare(ADD, {"articles": []})) == 44003
        assert await refused(client.prepare(ADD, {"articles": [given] * 9})) == 45008
        media_id = (await client.prepare(ADD, {"articles": [given] * 8}))["media_id"]
        assert len((await client.prepare("/cgi-bin/draft/get", {"media_id": media_id}))["news_item"]) == 8
        assert (await client.read("/cgi-bin/draft/count"))["total_count"] == 1
        await client.prepare("/cgi-bin/draft/delete", {"media_id": media_id})
        for path in ("get", "delete"):
            assert await refused(client.prepare(f"/cgi-bin/draft/{path}", {"media_id": media_id})) == 40007
        assert await refused(client.prepare("/cgi-bin/draft/get", {"media_id": "../../accounts"})) == 40007


async def test_scripts_and_pictures_from_elsewhere_are_dropped(rehearse):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        own = (await client.upload("/cgi-bin/media/uploadimg", upload(stage)))["url"]
        body = f'<p>文<img src="https://example.com/x.png"><img src="{own}"><script>alert(1)</script></p>'
        media_id = (await client.prepare(ADD, {"articles": [await article(stage, client, content=body)]}))["media_id"]
        kept = (await client.prepare("/cgi-bin/draft/get", {"media_id": media_id}))["news_item"][0]["content"]
        assert "example.com" not in kept and "script" not in kept and own in kept


async def test_pictures_are_known_by_their_bytes_and_their_size(rehearse):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        image, library = "/cgi-bin/media/uploadimg", "/cgi-bin/material/add_material"
        assert await refused(client.upload(image, upload(stage, "image/gif"))) == 40005
        assert await refused(client.upload(image, upload(stage, size=2**20))) == 40009
        assert await refused(client.upload(image, Upload("x.png", b"<svg/>", "image/png"))) == 40005
        assert await refused(client.upload(image, Upload("x.png", b"", "image/png"))) == 44001
        assert (await client.upload(library, upload(stage, "image/gif"), "image"))["media_id"]
        assert (await client.upload(library, upload(stage, size=2**20), "image"))["media_id"]
        assert await refused(client.upload(library, upload(stage, size=10 * 2**20), "image")) == 40006
        assert await refused(client.upload(library, upload(stage), "video")) == 40004


async def test_a_material_of_another_account_is_not_ours(rehearse):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        media = (await client.upload("/cgi-bin/material/add_material", upload(stage), "image"))["media_id"]
        stage.patch(removed_media=[media])
        given = {"title": "标题", "content": "<p>正文</p>", "thumb_media_id": media}
        assert await refused(client.prepare(ADD, {"articles": [given]})) == 40007


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clientmsgid": "k" * 33}, 45067),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "长" * 20_001}}, 45002),
        ({"msgtype": "wxcard"}, 40008),
        ({"msgtype": "image", "images": {"media_ids": []}}, 41006),
        ({"msgtype": "image", "image": {"media_id": "nothing"}}, 40007),
        ({"msgtype": "mpnews", "mpnews": {"media_id": "nothing"}}, 40007),
        ({"filter": {"is_to_all": False}}, 40152),
        ({"filter": {"is_to_all": False, "tag_id": 7}}, 40152),
    ],
)
async def test_a_mass_send_is_checked_before_it_counts(rehearse, change, code):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        assert await refused(client.act(SENDALL, {**TO_ALL, **change})) == code
        assert stage.stage.effects == []
        assert (await client.act(SENDALL, TO_ALL))["msg_id"]


@pytest.mark.parametrize(("listed", "code"), [(1, 40130), (10_001, 40032)])
async def test_a_list_has_two_to_ten_thousand_openids(rehearse, listed, code):
    async with rehearse(kind="service") as stage:
        client = Client(stage.account, stage.line)
        ids = ["o" + f"{number:027d}" for number in range(listed)]
        body = {"touser": ids, "msgtype": "text", "text": {"content": "春分"}}
        assert await refused(client.act("/cgi-bin/message/mass/send", body)) == code
        assert await refused(client.act("/cgi-bin/message/mass/send", {**body, "touser": ["o" * 28, "short"]})) == 40031


async def test_more_than_sixty_mass_calls_a_minute_are_too_many(rehearse):
    async with rehearse(kind="service") as stage:
        client = Client(stage.account, stage.line)
        body = {**TO_ALL, "clientmsgid": "k" * 33}
        codes = [await refused(client.act(SENDALL, body)) for _ in range(62)]
        assert codes[:5] == [45067] * 5 and 45011 in codes


async def test_of_twenty_equal_jobs_at_once_one_goes_out(rehearse):
    async with rehearse(kind="service") as stage:
        client = Client(stage.account, stage.line)
        body = {**TO_ALL, "clientmsgid": "k" * 32}
        answers = await asyncio.gather(*(client.act(SENDALL, body) for _ in range(20)), return_exceptions=True)
        accepted = [answer for answer in answers if not isinstance(answer, Refusal)]
        known = {answer.answer["msg_id"] for answer in answers if isinstance(answer, Refusal)}
        assert len(accepted) == len(stage.effects("mass")) == 1 and known == {accepted[0]["msg_id"]}


async def test_a_preview_reaches_one_person_and_uses_no_right(rehearse):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        body = {"touser": "o" * 28, "msgtype": "text", "text": {"content": "春分"}}
        assert (await client.act("/cgi-bin/message/mass/preview", body))["msg_id"]
        assert await refused(client.act("/cgi-bin/message/mass/preview", {**body, "touser": "x"})) == 40003
        assert [effect.people for effect in stage.effects("preview")] == [1]
        assert (await client.act(SENDALL, TO_ALL))["msg_id"]


async def test_tags_are_made_filled_and_read(rehearse):
    async with rehearse(people=100) as stage:
        client = Client(stage.account, stage.line)
        tag = (await client.prepare("/cgi-bin/tags/create", {"tag": {"name": "老顾客"}}))["tag"]
        assert await refused(client.prepare("/cgi-bin/tags/create", {"tag": {"name": "老顾客"}})) == 45157
        assert await refused(client.prepare("/cgi-bin/tags/create", {"tag": {"name": "长" * 11}})) == 45158
        batch, listed = "/cgi-bin/tags/members/batchtagging", ["o" + f"{number:027d}" for number in range(51)]
        assert await refused(client.prepare(batch, {"openid_list": listed, "tagid": tag["id"]})) == 40032
        assert await refused(client.prepare(batch, {"openid_list": listed[:1], "tagid": 7})) == 45159
        assert await refused(client.prepare(batch, {"openid_list": ["x"], "tagid": tag["id"]})) == 40003
        await client.prepare(batch, {"openid_list": listed[:50], "tagid": tag["id"]})
        counts = {row["name"]: row["count"] for row in (await client.read("/cgi-bin/tags/get"))["tags"]}
        assert counts["老顾客"] == 50 and counts["常客"] == 20
        page = await client.prepare("/cgi-bin/user/tag/get", {"tagid": tag["id"], "next_openid": ""})
        assert page["data"]["openid"] == listed[:50]


async def test_followers_are_known_and_strangers_are_not(rehearse):
    async with rehearse(people=3, unfollowed=["o" * 28]) as stage:
        client = Client(stage.account, stage.line)
        first = (await client.read("/cgi-bin/user/get"))["data"]["openid"][0]
        assert (await client.read("/cgi-bin/user/info", {"openid": first}))["subscribe"] == 1
        assert (await client.read("/cgi-bin/user/info", {"openid": "o" * 28}))["subscribe"] == 0
        assert await refused(client.read("/cgi-bin/user/get", {"next_openid": "o" * 28})) == 40003


async def test_the_call_counter_and_the_addresses_can_be_asked_for(rehearse):
    async with rehearse() as stage:
        client = Client(stage.account, stage.line)
        await client.act(SENDALL, TO_ALL)
        quota = (await client.prepare("/cgi-bin/openapi/quota/get", {"cgi_path": SENDALL}))["quota"]
        assert quota == {"daily_limit": 100, "used": 1, "remain": 99}
        assert await refused(client.prepare("/cgi-bin/openapi/quota/get", {"cgi_path": "nothing"})) == 76021
        assert (await client.read("/cgi-bin/getcallbackip"))["ip_list"]


@pytest.mark.parametrize(("body", "code"), [(b"", 44002), (b"[]", 47001), (b"{", 47001), (b'{"a":"\\u6625"}', 40033)])
async def test_a_body_that_is_not_the_platforms_json_is_refused(rehearse, body, code):
    async with rehearse() as stage:
        token, _ = await Client(stage.account, stage.line).fetch_token()
        address = f"{stage.stage.address}{ADD}?access_token={token}"
        answer = await stage.line.http._ask("POST", address, None, {}, body)
        assert answer.json()["errcode"] == code


async def test_a_day_of_figures_is_asked_for_one_at_a_time(rehearse):
    async with rehearse() as stage:
        client, total = Client(stage.account, stage.line), "/datacube/getarticletotaldetail"
        assert await refused(client.prepare(total, {"begin_date": "2026-4-1", "end_date": "x"})) == 61500
        assert await refused(client.prepare(total, {"begin_date": "2026-04-01", "end_date": "2026-04-02"})) == 61501
        assert await refused(client.prepare(total, {"begin_date": "2999-01-01", "end_date": "2999-01-01"})) == 61501
        assert (await client.prepare(total, {"begin_date": "2026-04-01", "end_date": "2026-04-01"}))["list"] == []
