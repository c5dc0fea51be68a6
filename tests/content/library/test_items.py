"""Items: saved as versions that never change, read back clean, found by their words."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from saas.content.library import placing, searching, service, uses
from saas.content.library.searching import Wish
from saas.content.library.views import Conflicted, Saved
from saas.kernel.database import db
from saas.kernel.errors import Forbidden, Invalid, NotFound
from tests.conftest import House

ARTICLE = {"title": "春分之后", "author": "山岚", "digest": "三件小事", "body": "<section><p>第一批云南水洗豆到店</p></section>"}


def article(house: House, **more: object) -> int:
    """A new article of the client Moon by the editor; its id."""
    with house.within():
        return service.create(house.actor("editor"), house.client("Moon"), "article", {**ARTICLE, **more}).item_id


def test_an_article_is_read_back_as_it_was_saved(house: House) -> None:
    item = article(
        house, body='<section data-x="1"><svg viewBox="0 0 9 9"><path d="M0 0"></path></svg><p>𠮷 😀 שלום</p></section>'
    )
    with house.within():
        page = service.read(house.actor("analyst"), item)
    assert (page.number, page.row.version, page.row.kind, page.row.client) == (1, 1, "article", "Moon")
    assert (
        page.content["body"]
        == '<section data-x="1"><svg viewBox="0 0 9 9"><path d="M0 0"></path></svg><p>𠮷 😀 שלום</p></section>'
    )
    assert page.content["title"] == "春分之后"


def test_what_runs_is_taken_out_and_said(house: House) -> None:
    with house.within():
        body = '<p onclick="x()">好<script>alert(1)</script><iframe src="//e"></iframe><img src="https://e.example/a.png"></p>'
        saved = service.create(house.actor("editor"), house.client("Moon"), "article", {**ARTICLE, "body": body})
    assert saved.content["body"] == '<p>好<img data-src="https://e.example/a.png"></p>'
    assert {note.rule for note in saved.notes} == {"html_tag", "html_script", "picture_foreign"}


def test_saving_makes_a_version_and_saving_the_same_again_makes_none(house: House) -> None:
    item = article(house)
    with house.within():
        first = service.save(house.actor("editor"), item, 1, {**ARTICLE, "title": "谷雨"}, note="改题")
        again = service.save(house.actor("editor"), item, 2, {**ARTICLE, "title": "谷雨"})
        listed = service.versions(house.actor("editor"), item)
        old = service.read(house.actor("editor"), item, 1)
    assert isinstance(first, Saved) and first.version == 2
    assert isinstance(again, Saved) and again.unchanged and again.version == 2
    assert [(row.number, row.note, row.made_from) for row in listed] == [(2, "改题", 1), (1, "", None)]
    assert old.content["title"] == "春分之后"


def test_an_older_version_comes_back_as_a_new_one(house: House) -> None:
    item = article(house)
    with house.within():
        service.save(house.actor("editor"), item, 1, {**ARTICLE, "title": "谷雨"})
        restored = service.restore(house.actor("editor"), item, 1, 2)
        rows = searching.search(house.actor("editor"), Wish(words="春分"))
    assert isinstance(restored, Saved) and restored.version == 3
    assert restored.content["title"] == "春分之后"
    assert [row.title for row in rows] == ["春分之后"]


def test_a_version_is_never_changed_nor_thrown_away(house: House) -> None:
    article(house)
    for statement in ("UPDATE library_versions SET note = 'x'", "DELETE FROM library_versions", "DELETE FROM library_items"):
        with house.within(), pytest.raises(DBAPIError, match="permission denied"):
            db.session.execute(text(statement))


def test_the_database_lets_no_version_be_passed_over(house: House) -> None:
    article(house)
    with house.within(), pytest.raises(DBAPIError, match="does not follow"):
        db.session.execute(text("UPDATE library_items SET version = 7"))


@pytest.mark.parametrize(
    ("content", "field", "rule"),
    [
        ({"title": "a\x00b"}, "title", "control_character"),
        ({"title": "x" * 201}, "title", "too_long"),
        ({"body": "<div>" * 10_000}, "body", "body_depth"),
        ({"body": "汉" * 3_500_000}, "body", "body_bytes"),
        ({"colour": "red"}, "colour", "unknown_key"),
        ({"cover": {"sha256": "nothing"}}, "cover.sha256", "sha256"),
        ({"cover": {"sha256": "a" * 64}}, "sha256", "picture_missing"),
        ({"variants": {"moon-one": {"title": 7}}}, "variants.moon-one.title", "wrong_type"),
        ({"source_url": "http://127.0.0.1/"}, "source_url", "link_private"),
    ],
)
def test_a_fault_names_its_field_and_stores_nothing(house: House, content: dict[str, object], field: str, rule: str) -> None:
    with house.within(), pytest.raises(Invalid) as fault:
        service.create(house.actor("editor"), house.client("Moon"), "article", {**ARTICLE, **content})
    assert (fault.value.code, fault.value.field) == (rule, field)
    assert all(fault.value.message) and all(fault.value.remedy)
    assert house.one("SELECT count(*) FROM library_items") == 0


def test_items_are_found_by_any_two_characters_by_one_and_by_words_of_another_width(house: House) -> None:
    article(house, body="<p>高海拔、慢发酵，ＡＢＣ coffee</p>")
    article(house, title="谷雨", body="<p>别的</p>")
    with house.within():
        found = {w: [r.title for r in searching.search(house.actor("analyst"), Wish(words=w))] for w in
                 ("慢发", "酵", "abc", "COFFEE 海拔", "海发", "雨", "拔海", "慢發 穀雨", "慢發")}  # fmt: skip
    assert found == {"慢发": ["春分之后"], "酵": ["春分之后"], "abc": ["春分之后"], "COFFEE 海拔": ["春分之后"],
                     "海发": [], "雨": ["谷雨"], "拔海": [], "慢發 穀雨": [], "慢發": ["春分之后"]}  # fmt: skip


def test_lists_are_narrowed_by_kind_client_folder_and_tag_and_go_on_page_by_page(house: House) -> None:
    with house.within():
        editor, moon, sun = house.actor("editor"), house.client("Moon"), house.client("Sun")
        folder = placing.make_folder(editor, moon, "春季/活动")
        ids = [
            service.create(editor, moon, "text", {"text": f"第{n}条"}, folder_id=folder, tags=["节气"]).item_id for n in range(5)
        ]
        service.create(editor, sun, "text", {"text": "太阳"})
        narrowed = searching.search(editor, Wish(kind="text", client_id=moon, folder_id=folder, tag="节气", limit=3))
        rest = searching.search(editor, Wish(client_id=moon, before=narrowed[-1].id, limit=3))
        assert [row.id for row in [*narrowed, *rest]] == ids[::-1]
        assert narrowed[0].folder == "春季/活动" and narrowed[0].tags == ("节气",)
        assert [row.title for row in searching.search(editor, Wish(folder_id=searching.TOP))] == ["太阳"]
        assert placing.tags(editor) == [("节气", 5)]
        assert [row.title for row in searching.search(editor, Wish(words="节气", limit=1))] == ["第4条"]


def test_an_archived_item_leaves_the_lists_and_comes_back(house: House) -> None:
    item = article(house)
    with house.within():
        editor = house.actor("editor")
        placing.archive(editor, [item])
        assert searching.search(editor, Wish()) == []
        assert [row.id for row in searching.search(editor, Wish(archived=True))] == [item]
        placing.archive(editor, [item], archived=False)
        assert [row.id for row in searching.search(editor, Wish())] == [item]


def test_an_article_names_the_pictures_it_holds(house: House) -> None:
    with house.within():
        editor, moon = house.actor("editor"), house.client("Moon")
        sha = str(
            house.one(
                "INSERT INTO blobs (sha256, mime, data) VALUES (encode(sha256('x'), 'hex'), 'image/png', 'x') RETURNING sha256"
            )
        )
        picture = service.create(
            editor, moon, "picture", {"sha256": sha, "mime": "image/png", "name": "杯.png", "size": 1}
        ).item_id
        body = f'<p><img src="/media/{sha}" alt="杯"></p>'
        saved = service.create(editor, moon, "article", {**ARTICLE, "body": body, "cover": sha})
        assert saved.content["body"] == f'<p><img src="media:{sha}" alt="杯"></p>'
        used = uses.where_used(editor, picture)
    assert [(one.row.id, one.by_version, one.version, one.now) for one in used.items] == [(saved.item_id, 1, 1, True)]


def test_who_may_only_look_changes_nothing_and_a_client_sees_no_library(house: House) -> None:
    item = article(house)
    with house.within():
        with pytest.raises(Forbidden):
            service.save(house.actor("analyst"), item, 1, ARTICLE)
        for role in ("client_approver", "client_viewer"):
            with pytest.raises(Forbidden):
                service.read(house.actor(role), item)
            with pytest.raises(Forbidden):
                searching.search(house.actor(role), Wish())


def test_another_agencys_items_are_not_there(house: House) -> None:
    from saas.kernel.database import tenant_scope
    from saas.tenants.service import create_tenant

    item = article(house)
    editor = house.actor("editor")
    with house.app.app_context():
        other = create_tenant("Other", "other")
        with tenant_scope(other):
            with pytest.raises(NotFound):
                service.read(editor, item)
            assert searching.search(editor, Wish(words="春分")) == []
            assert db.session.scalars(text("SELECT library_matches(ARRAY['春分'])")).all() == []


def test_a_conflict_of_the_same_place_is_left_to_a_person(house: House) -> None:
    item = article(house)
    with house.within():
        service.save(house.actor("admin"), item, 1, {**ARTICLE, "title": "他们的"})
        met = service.save(house.actor("editor"), item, 1, {**ARTICLE, "title": "我的"})
    assert isinstance(met, Conflicted) and met.merged is None
    assert [(c.name, c.who, c.mine, c.theirs) for c in met.changes] == [("title", "both", "我的", "他们的")]
