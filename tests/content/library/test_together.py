"""Two people at one item at once: one of them is told, and nobody's text is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from saas.content.library import service
from saas.content.library.merging import compare
from saas.content.library.views import Conflicted, Saved
from tests.conftest import House
from tests.content.library.test_items import ARTICLE, article

LONG = "".join(f"<p>第{n}段</p>" for n in range(6))


def at_once(house: House, *tasks: Callable[[], Any]) -> list[Any]:
    """Run each in a thread with a session of its own, all let go together; what they gave, in order."""
    gate, given = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(number: int, task: Callable[[], Any]) -> None:
        with house.within():
            gate.wait(10)
            given[number] = task()

    threads = [threading.Thread(target=run, args=(number, task)) for number, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return given


def test_of_two_who_save_at_once_one_is_saved_and_the_others_text_is_kept(house: House) -> None:
    item = article(house)
    editor, admin = house.actor("editor"), house.actor("admin")
    given = at_once(
        house,
        lambda: service.save(editor, item, 1, {**ARTICLE, "title": "编辑写的"}),
        lambda: service.save(admin, item, 1, {**ARTICLE, "title": "管理员写的"}),
    )
    saved = next(one for one in given if isinstance(one, Saved))
    met = next(one for one in given if isinstance(one, Conflicted))
    assert {saved.content["title"], met.mine["title"]} == {"编辑写的", "管理员写的"}
    assert met.theirs["title"] == saved.content["title"] and met.base["title"] == ARTICLE["title"] and met.version == 2
    loser = editor if met.mine["title"] == "编辑写的" else admin
    with house.within():
        kept = service.drafts(loser, item)
        winners = service.drafts(admin if loser is editor else editor, item)
    assert [(draft.content["title"], draft.made_from, draft.refused, draft.stale) for draft in kept] == [
        (met.mine["title"], 1, True, True)
    ]
    assert winners == []


def test_eight_who_save_again_and_again_lose_nothing(house: House) -> None:
    item = article(house)
    actors = [house.actor(role) for role in ("editor", "admin", "owner")]

    def write(number: int) -> Callable[[], list[str]]:
        def task() -> list[str]:
            written, base = [], 1
            while len(written) < 3:
                words = f"{number}-{len(written)}"
                met = service.save(actors[number % 3], item, base, {**ARTICLE, "title": words}, tab=str(number))
                base = met.version
                if isinstance(met, Saved):
                    written.append(words)
                else:
                    assert met.mine["title"] == words
            return written

        return task

    written = [words for given in at_once(house, *(write(number) for number in range(4))) for words in given]
    with house.within():
        titles = [service.read(actors[0], item, row.number).content["title"] for row in service.versions(actors[0], item)]
    assert len(written) == 12
    assert sorted(titles) == sorted([*written, ARTICLE["title"]])


def test_changes_to_different_places_are_put_together(house: House) -> None:
    item = article(house, body=LONG)
    with house.within():
        editor, admin = house.actor("editor"), house.actor("admin")
        service.save(admin, item, 1, {**ARTICLE, "body": LONG.replace("第1段", "第一段"), "digest": "新摘要"})
        met = service.save(editor, item, 1, {**ARTICLE, "body": LONG.replace("第4段", "第四段"), "title": "新题"})
        assert isinstance(met, Conflicted) and met.merged is not None
        assert met.merged["body"] == LONG.replace("第1段", "第一段").replace("第4段", "第四段")
        done = service.save(editor, item, met.version, met.merged)
    assert isinstance(done, Saved) and (done.content["title"], done.content["digest"]) == ("新题", "新摘要")


def test_what_both_changed_alike_stands_once_in_what_is_put_together() -> None:
    mine, theirs = {"text": "甲一。乙。丙一。"}, {"text": "甲一。乙。丙。"}
    assert [change.merged for change in compare({"text": "甲。乙。丙。"}, mine, theirs)] == ["甲一。乙。丙一。"]
    base, first, second = "<p>甲</p><p>乙</p>", "<p>甲</p><p>新</p><p>乙一</p>", "<p>零</p><p>甲</p><p>新</p><p>乙一</p>"
    merged = compare({"body": base}, {"body": first}, {"body": second})[0].merged
    assert merged == second


def test_two_halves_that_do_not_nest_are_left_to_a_person() -> None:
    base = {"body": "<section><p>一</p><p>二</p><p>三</p></section><p>四</p>"}
    mine = {"body": "<p>一</p><p>二</p><p>三</p><p>四</p>"}
    theirs = {"body": "<section><p>一</p><p>二</p><p>叁</p></section><p>四</p>"}
    changes = compare(base, mine, theirs)
    assert [(change.who, change.merged) for change in changes] == [("both", None)]


def test_what_is_being_written_is_kept_for_each_person_and_page_and_goes_when_it_is_saved(house: House) -> None:
    item = article(house)
    with house.within():
        editor, admin = house.actor("editor"), house.actor("admin")
        service.autosave(editor, item, 1, {"title": "写到一", "body": "<p>半\x00<script>x</script>"}, tab="a")
        service.autosave(editor, item, 1, {"title": "写到一半"}, tab="a")
        service.autosave(editor, item, 1, {"title": "另一页"}, tab="b")
        assert service.drafts(admin, item) == []
        assert {(draft.tab, draft.content["title"], draft.stale) for draft in service.drafts(editor, item)} == {
            ("a", "写到一半", False),
            ("b", "另一页", False),
        }
        service.save(editor, item, 1, {**ARTICLE, "title": "写完了"}, tab="a")
        left = service.drafts(editor, item)
        assert [(draft.tab, draft.stale) for draft in left] == [("b", True)]
        assert len(service.versions(editor, item)) == 2
        service.discard_draft(editor, item, "b")
        assert service.drafts(editor, item) == []
