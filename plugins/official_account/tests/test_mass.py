"""Mass sends against the rehearsal platform: who gets what, caps, refusals, jobs that are stopped."""

import asyncio
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from qunfa_official_account import plugin
from saas.channels import Exhausted, Link, Message, Progressed, Receipt, Refused, Target, Unauthorized

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEXT = Message("text", text="春分之后的三件小事")


async def test_three_articles_with_pictures_go_out_and_the_counts_come_back(rehearse, to_all):
    async with rehearse(people=18340) as stage:
        answer = await stage.send(stage.articles(3, pictures=2), to_all)
        assert isinstance(answer, Receipt)
        assert (
            next(iter(answer.ids)) == "msg_id"
            and answer.ids["articles"] == "3"
            and answer.ids["msg_data_id"]
            and answer.progress.poll_after
        )
        (finished,) = await stage.heard()
        assert isinstance(finished, Progressed)
        assert (finished.id_name, finished.id_value) == ("msg_id", answer.ids["msg_id"])
        told = finished.progress
        assert told.final and told.delivered + told.failed + told.skipped == 18340
        assert 0 < told.skipped < 18340 * 0.01
        (effect,) = stage.effects("mass")
        assert (effect.people, effect.key, effect.platform_id) == (told.delivered, to_all.key, answer.ids["msg_id"])
        assert effect.detail["titles"] == ["标题 0", "标题 1", "标题 2"]


async def test_body_pictures_get_the_platforms_address_and_are_uploaded_once(rehearse, to_all):
    async with rehearse(kind="service", verified=True) as stage:
        stage.settings(verified=False)
        message = stage.articles(2, pictures=2)
        await stage.send(message, to_all)
        await stage.send(message, replace(to_all, key="f" * 32))
        drafts = sorted((stage.stage.data / "drafts" / stage.app_id).glob("*.json"))
        assert len(drafts) == 2
        kept = drafts[0].read_text(encoding="utf-8")
        assert "media:" not in kept and kept.count("http://mmbiz.qpic.cn/") == 4
        remembered = [name for name in stage.line.memory if name.startswith(("image:", "material:"))]
        assert len(remembered) == 6


async def test_a_second_send_on_the_same_day_is_exhausted_until_midnight_in_shanghai(rehearse, to_all):
    async with rehearse() as stage:
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
        answer = await stage.send(TEXT, replace(to_all, key="a" * 32))
        assert isinstance(answer, Exhausted) and answer.window == "mass_day" and answer.code == "45028"
        resets = answer.resets_at.astimezone(SHANGHAI)
        today = stage.line.now().astimezone(SHANGHAI).date()
        assert (resets.hour, resets.minute, (resets.date() - today).days) == (0, 0, 1)
        assert len(stage.effects("mass")) == 1


async def test_a_fifth_send_to_all_within_the_month_is_exhausted_until_the_first(rehearse, to_all):
    async with rehearse(kind="service") as stage:
        for number in range(4):
            assert isinstance(await stage.send(TEXT, replace(to_all, key=str(number) * 32)), Receipt)
        answer = await stage.send(TEXT, to_all)
        assert isinstance(answer, Exhausted) and answer.window == "mass_month"
        assert answer.resets_at.astimezone(SHANGHAI).day == 1


async def test_what_the_console_sent_counts_on_the_platform(rehearse, to_all):
    async with rehearse() as stage:
        stage.patch(console_sends=[datetime.now(SHANGHAI).isoformat()])
        assert isinstance(await stage.send(TEXT, to_all), Exhausted)
        assert stage.effects("mass") == []


async def test_an_unverified_account_gets_a_draft_and_no_send(rehearse, to_all):
    async with rehearse() as stage:
        stage.settings(verified="false")
        stage.patch(verified=False)
        message = stage.articles()
        for _ in range(2):
            answer = await stage.send(message, to_all)
            assert isinstance(answer, Unauthorized) and answer.reason == "unverified" and "草稿" in answer.detail
        assert len(list((stage.stage.data / "drafts" / stage.app_id).glob("*.json"))) == 1
        assert stage.stage.effects == []


async def test_a_right_that_is_missing_stops_the_account(rehearse, to_all):
    async with rehearse() as stage:
        stage.patch(verified=False)
        answer = await stage.send(TEXT, to_all)
        assert isinstance(answer, Unauthorized) and (answer.reason, answer.code) == ("no_right", "48001")


async def test_a_link_goes_out_as_text_with_its_address(rehearse, to_all):
    async with rehearse() as stage:
        message = Message("link", link=Link("春分", "https://www.example.com/spring", "三件小事"))
        assert isinstance(await stage.send(message, to_all), Receipt)
        assert stage.effects("mass")[0].detail["msgtype"] == "text"


async def test_pictures_go_out_as_an_image_message(rehearse, to_all):
    async with rehearse() as stage:
        message = Message("image", images=(stage.picture(), stage.picture()), text="两张照片")
        assert isinstance(await stage.send(message, to_all), Receipt)
        assert stage.effects("mass")[0].detail["msgtype"] == "image"


async def test_a_cover_removed_from_the_library_is_uploaded_anew(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        cover = message.articles[0].cover
        stage.line.memory[f"material:{cover.sha256}"] = "0" * 64
        assert isinstance(await stage.send(message, to_all), Receipt)


async def test_a_tag_reaches_its_members_only(rehearse, to_all):
    async with rehearse(kind="service") as stage:
        answer = await stage.send(TEXT, replace(to_all, target=Target("tag", ("100",), 1000)))
        assert isinstance(answer, Receipt)
        (finished,) = await stage.heard()
        assert finished.progress.delivered + finished.progress.skipped == 1000


async def test_a_tag_that_does_not_exist_is_refused(rehearse, to_all):
    async with rehearse() as stage:
        for tag in ("999", "常客"):
            answer = await stage.send(TEXT, replace(to_all, target=Target("tag", (tag,), 10)))
            assert isinstance(answer, Refused) and answer.field == "audience"


async def test_a_list_of_one_is_refused_and_ten_thousand_go_in_one_call(rehearse, to_all):
    async with rehearse(kind="service") as stage:
        ids = tuple("o" + f"{number:027d}" for number in range(10_000))
        listed = replace(to_all, route="mass_list", target=Target("ids", ids, len(ids)))
        assert isinstance(await stage.send(TEXT, replace(listed, target=Target("ids", ids[:1]))), Refused)
        assert isinstance(await stage.send(TEXT, listed), Receipt)
        (finished,) = await stage.heard()
        assert finished.progress.delivered + finished.progress.skipped == 10_000


async def test_a_follower_with_four_this_month_is_silently_left_out(rehearse, to_all):
    async with rehearse(kind="service") as stage:
        ids = tuple("o" + f"{number:027d}" for number in range(100))
        for number in range(5):
            listed = replace(to_all, route="mass_list", key=str(number) * 32, target=Target("ids", ids, 100))
            assert isinstance(await stage.send(TEXT, listed), Receipt)
        events = await stage.heard(5)
        last = max(events, key=lambda event: int(event.id_value)).progress
        assert (last.delivered, last.skipped) == (0, 100)


async def test_a_subscription_account_cannot_send_to_a_list(rehearse, to_all):
    async with rehearse() as stage:
        listed = replace(to_all, route="mass_list", target=Target("ids", ("o" + "1" * 27, "o" + "2" * 27), 2))
        answer = await stage.send(TEXT, listed)
        assert isinstance(answer, Unauthorized) and answer.reason == "no_right"


async def test_a_missing_picture_is_refused_by_name(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles()
        stage.line.pictures.clear()
        answer = await stage.send(message, to_all)
        assert isinstance(answer, Refused) and answer.field == "pictures"


async def test_a_gif_in_the_body_is_refused_by_the_platform(rehearse, to_all):
    async with rehearse() as stage:
        gif = stage.picture(mime="image/gif")
        article = replace(stage.articles().articles[0], html=f'<p><img src="media:{gif.sha256}"></p>')
        answer = await stage.send(Message("articles", (article,)), to_all)
        assert isinstance(answer, Refused) and (answer.code, answer.field) == ("40005", "pictures")


async def test_nine_articles_a_long_title_and_a_long_digest_are_refused_with_their_field(rehearse, to_all):
    async with rehearse() as stage:
        one = stage.articles().articles[0]
        faults = {
            "articles": (one,) * 9,
            "title": (replace(one, title="题" * 65),),
            "digest": (replace(one, digest="摘" * 129),),
            "author": (replace(one, author="作" * 17),),
            "body": (replace(one, html="<p>" + "文" * 20_000 + "</p>"),),
            "source_url": (replace(one, source_url="https://example.com/" + "x" * 1024),),
        }
        for field, articles in faults.items():
            answer = await stage.send(Message("articles", articles), to_all)
            assert isinstance(answer, Refused) and answer.field == field
        assert stage.effects("mass") == []


async def test_a_job_stopped_by_the_platform_has_failed_for_everybody(rehearse, to_all):
    async with rehearse(verdict="err(30003)") as stage:
        answer = await stage.send(stage.articles(), to_all)
        (stopped,) = await stage.heard()
        assert stopped.progress.code == "err(30003)" and "转载" in stopped.progress.reason
        assert (stopped.progress.rest, stopped.progress.final) == ("failed", True)
        told = await plugin.progress(stage.account, replace(to_all, ids=answer.ids), stage.line)
        assert (told.rest, told.final) == ("failed", True)
        assert stage.effects("mass") == []


async def test_articles_that_have_an_original_elsewhere_go_out_as_reprints_and_are_told(rehearse, to_all):
    async with rehearse(reprints=1) as stage:
        await stage.send(stage.articles(), to_all)
        (told,) = await stage.heard()
        assert told.progress.figures == {"reprints": 1} and told.progress.delivered > 0
        assert len(stage.effects("mass")) == 1


async def test_a_job_stopped_by_the_platform_gives_the_day_back(rehearse, to_all):
    async with rehearse(verdict="err(40002)") as stage:
        await stage.send(TEXT, to_all)
        await stage.heard()
        stage.patch(verdict="")
        assert isinstance(await stage.send(TEXT, replace(to_all, key="b" * 32)), Receipt)


async def test_send_protection_waits_for_the_administrator(rehearse, to_all):
    async with rehearse() as stage:
        stage.settings(send_protection="true")
        answer = await stage.send(TEXT, to_all)
        assert answer.progress.awaiting == 5000
        assert 1790 < (answer.progress.awaiting_until - stage.line.now()).total_seconds() <= 1800


async def test_the_pictures_of_one_account_are_uploaded_at_once(rehearse, to_all):
    async with rehearse() as stage:
        message = stage.articles(1, pictures=8)
        stage.fault("delay", "/uploadimg", "0.2", times=0)
        began = asyncio.get_running_loop().time()
        assert isinstance(await stage.send(message, to_all), Receipt)
        assert asyncio.get_running_loop().time() - began < 8 * 0.2
