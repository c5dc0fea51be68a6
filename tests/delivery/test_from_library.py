"""A campaign made of library items: planned, checked and signed as a folder is, of versions that stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from saas.campaigns.approving import campaign_for
from saas.content.library import keeping, placing, searching, service, uses
from saas.content.library.contents import KINDS
from saas.content.library.exporting import Plan
from saas.content.library.searching import Wish
from saas.content.library.sendable import SAYS, takers
from saas.delivery.from_library import check_from_library, prepare_from_library
from saas.kernel.database import db
from saas.kernel.errors import Forbidden, Invalid, NotFound
from tests.conftest import House

BODY = "<section style='color:red'><p>门店本周六起供应，周一休息。</p></section>"


@pytest.fixture
def assisted(house: House) -> House:
    """A house whose client Moon has two accounts that a person sends by hand: no platform is asked."""
    for key in ("moon-one", "moon-two"):
        house.account(key, channel="personal", kind="assisted", contacts=[{"id": "a", "title": "阿"}, {"id": "b", "title": "贝"}])
    return house


def cover(house: House, tmp_path: Path) -> str:
    """The hash of a cover in the library."""
    Image.new("RGB", (1200, 600), "teal").save(tmp_path / "cover.jpg")
    saved = keeping.keep_file(house.actor("editor"), house.client("Moon"), "cover.jpg", (tmp_path / "cover.jpg").read_bytes())
    return str(saved.content["sha256"])


def article(house: House, tmp_path: Path, **more: object) -> int:
    """An article with a cover, by the editor."""
    content = {"title": "第一批豆子", "body": BODY, "cover": cover(house, tmp_path), **more}
    return service.create(house.actor("editor"), house.client("Moon"), "article", content).item_id


def test_a_campaign_is_made_of_an_article_for_the_accounts_and_the_time_that_were_chosen(assisted: House, tmp_path: Path) -> None:
    with assisted.within():
        editor = assisted.actor("editor")
        item = article(assisted, tmp_path, variants={"moon-two": {"title": "月二的豆子", "footer": "<p>月二</p>"}})
        plan = Plan(accounts=["moon-one", "moon-two"], schedule="2099-03-20T19:30", max_lateness="1h", name="周末")
        campaign = prepare_from_library(editor, [item], plan)
        made = campaign_for(campaign)
        query = text("SELECT a.key, d.message FROM dispatches d JOIN accounts a ON a.id = d.account_id WHERE d.campaign_id = :c")
        said = {row.key: row.message["articles"][0] for row in db.session.execute(query, {"c": campaign})}
        used = uses.where_used(editor, item)
        assert [(row.id, version) for row, version in uses.made_of(editor, campaign)] == [(item, 1)]
    assert (made.name, made.kind, made.state, made.author_id) == ("周末", "articles", "awaiting_approval", editor.member_id)
    assert made.due_at.isoformat().startswith("2099-03-20T11:30")
    assert said["moon-one"]["title"] == "第一批豆子" and said["moon-two"]["title"] == "月二的豆子"
    assert said["moon-two"]["html"] == said["moon-one"]["html"] + "<p>月二</p>"
    assert said["moon-one"]["html"] == '<section style="color:red"><p>门店本周六起供应，周一休息。</p></section>'
    assert [(one.campaign, one.version, one.name) for one in used.campaigns] == [(campaign, 1, "周末")]


def test_what_was_planned_stays_when_the_item_goes_on(assisted: House, tmp_path: Path) -> None:
    with assisted.within():
        editor = assisted.actor("editor")
        item = article(assisted, tmp_path)
        campaign = prepare_from_library(editor, [item], Plan(accounts=["moon-one"]))
        before = assisted.one("SELECT message::text FROM dispatches")
        content = service.read(editor, item).content
        service.save(editor, item, 1, {**content, "title": "改过的题目"})
        placing.archive(editor, [item])
        assert assisted.one("SELECT message::text FROM dispatches") == before
        assert uses.where_used(editor, item).campaigns[0].version == 1
        for statement in ("UPDATE library_campaigns SET version = 2", "DELETE FROM library_campaigns"):
            with pytest.raises(DBAPIError, match="permission denied"):
                db.session.execute(text(statement))
            db.session.rollback()
    assert campaign


def test_what_blocks_a_folder_blocks_it_too_and_nothing_is_stored(assisted: House, tmp_path: Path) -> None:
    with assisted.within():
        editor = assisted.actor("editor")
        item = article(assisted, tmp_path, title="题" * 65, body="<p>转发到朋友圈抽奖，全网最低价</p>", cover=None)
        with pytest.raises(Invalid) as fault:
            prepare_from_library(editor, [item], Plan(accounts=["moon-one"]))
        found = check_from_library(editor, [item], Plan(accounts=["moon-one"]))
    rules = {one["rule"] for one in fault.value.detail["findings"] if one["severity"] == "block"}
    assert {"title_chars", "cover_missing"} <= rules
    assert rules == {one.rule for one in found if one.severity == "block"}
    assert assisted.one("SELECT count(*) FROM campaigns") == assisted.one("SELECT count(*) FROM library_campaigns") == 0


def test_texts_links_and_pictures_make_campaigns_too(assisted: House) -> None:
    with assisted.within():
        editor, moon = assisted.actor("editor"), assisted.client("Moon")
        words = service.create(editor, moon, "text", {"text": "春分之后的三件小事"}).item_id
        link = service.create(editor, moon, "link", {"title": "小事", "url": "https://www.example.com/spring"}).item_id
        first = prepare_from_library(editor, [words], Plan(accounts=["moon-one"]))
        second = prepare_from_library(editor, [words, link], Plan(accounts=["moon-one"], schedule="best"))
    one, both = (assisted.rows("SELECT kind, name, draft FROM campaigns WHERE id = %s", c)[0] for c in (first, second))
    assert (one["kind"], one["name"]) == ("text", "春分之后的三件小事")
    assert both["kind"] == "link" and both["draft"]["text"] == "春分之后的三件小事"


def test_who_may_not_write_and_what_is_not_there_make_no_campaign(assisted: House, tmp_path: Path) -> None:
    with assisted.within():
        item = article(assisted, tmp_path)
        with pytest.raises(Forbidden):
            prepare_from_library(assisted.actor("reviewer"), [item], Plan(accounts=["moon-one"]))
        with pytest.raises(NotFound):
            prepare_from_library(assisted.actor("editor"), [item + 999], Plan(accounts=["moon-one"]))
        for items, plan, field in (([], Plan(accounts=["moon-one"]), "items"), ([item], Plan(), "accounts")):
            with pytest.raises(Invalid) as fault:
                prepare_from_library(assisted.actor("editor"), items, plan)
            assert fault.value.field == field


def test_a_picture_goes_out_with_its_text(assisted: House, tmp_path: Path) -> None:
    with assisted.within():
        editor, moon = assisted.actor("editor"), assisted.client("Moon")
        cover(assisted, tmp_path)
        picture = next(row.id for row in searching.search(editor, Wish(kind="picture")))
        words = service.create(editor, moon, "text", {"text": "周末见"}).item_id
        campaign = prepare_from_library(editor, [words, picture], Plan(accounts=["moon-one"]))
    message = assisted.one("SELECT message FROM dispatches WHERE campaign_id = %s", campaign)
    assert (message["kind"], message["text"], len(message["images"])) == ("image", "周末见", 1)


def test_what_would_silently_stay_behind_is_refused_by_name(assisted: House, tmp_path: Path) -> None:
    with assisted.within():
        editor, moon = assisted.actor("editor"), assisted.client("Moon")
        cover(assisted, tmp_path)
        picture = next(row.id for row in searching.search(editor, Wish(kind="picture")))
        card = {"title": "点单", "appid": "wx" + "0" * 16, "path": "pages/order"}
        made = {
            "text": {"text": "周末见"}, "link": {"title": "小事", "url": "https://www.example.com/spring"},
            "template": {"id": "T1", "title": "到货", "data": {"thing1": "豆子"}}, "mini_program": card,
        }  # fmt: skip
        items = {kind: service.create(editor, moon, kind, content).item_id for kind, content in made.items()}
        more = service.create(editor, moon, "text", {"text": "周日也见"}).item_id
        picks: list[tuple[list[int], str, str]] = [
            ([items["text"], items["mini_program"]], "", "点单"), ([items["text"], more], "", "周日也见"),
            ([items["text"]], "手写的", "周末见"), ([items["template"], items["text"]], "", "周末见"),
            ([items["template"]], "手写的", "填写的文字"), ([items["link"], picture], "", "cover.jpg"),
        ]  # fmt: skip
        for picked, own, name in picks:
            with pytest.raises(Invalid) as fault:
                prepare_from_library(editor, picked, Plan(accounts=["moon-one"], text=own))
            assert (fault.value.code, fault.value.field) == ("items_unsent", "items")
            assert name in fault.value.detail["findings"][0]["message"][0]
    assert assisted.one("SELECT count(*) FROM campaigns") == 0


def test_every_kind_of_item_says_where_it_can_be_sent() -> None:
    assert {kind: bool(takers(kind)) for kind in KINDS} == {kind: kind in SAYS for kind in KINDS}
    assert ("订阅号", "Subscription account") not in takers("template")
    assert ("订阅号", "Subscription account") in takers("picture")
