"""A changed campaign is a new version: who wrote any signs none, what changed is shown, comments follow; what was sent stays."""

from __future__ import annotations

import pytest

from saas.campaigns.amending import amend, amendments
from saas.campaigns.approving import approve
from saas.campaigns.commenting import Place, answer, comment, resolve, threads
from saas.campaigns.versions import changes_of
from saas.delivery import release
from saas.kernel.database import db
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.tenants.actor import Actor
from tests.review.conftest import Desk, version


def who(desk: Desk, name: str) -> Actor:
    return desk.house.actor(name)


def test_check_15_who_revised_and_who_wrote_first_are_authors_alike(desk: Desk) -> None:
    campaign = desk.campaign()
    fresh = version(desk, campaign)
    desk.house.as_owner("ALTER TABLE campaigns DISABLE TRIGGER two_persons")
    desk.house.as_owner("UPDATE campaigns SET author_id = %s WHERE id = %s", desk.people["owner"], fresh)
    desk.house.as_owner("ALTER TABLE campaigns ENABLE TRIGGER two_persons")
    desk.house.run("UPDATE members SET role = 'reviewer' WHERE id = %s", desk.people["editor"])
    with desk.house.within():
        for name in ("owner", "editor"):
            with pytest.raises(Forbidden, match="author"):
                approve(who(desk, name), fresh, desk.digest(fresh))
        assert approve(who(desk, "ann"), fresh, desk.digest(fresh))


def test_what_changed_since_the_signed_version_is_shown_and_comments_follow(desk: Desk) -> None:
    campaign = desk.campaign()
    with desk.house.within():
        place = Place(quote="hello")  # typed, not selected
        thread = comment(who(desk, "ann"), campaign, "换个问候", place)
        answer(who(desk, "editor"), thread, "好")
        gone = comment(who(desk, "ann"), campaign, "客户要看的", for_client=True)
        with pytest.raises(Invalid, match="not in this version"):
            comment(who(desk, "ann"), campaign, "x", Place("one", "text", "nowhere", 0))
        with pytest.raises(Invalid):
            comment(who(desk, "ann"), campaign, "x", Place(quote="nowhere"))
        with pytest.raises(NotFound):
            answer(who(desk, "client_approver"), thread, "x")
        assert [one.id for one in threads(who(desk, "client_approver"), campaign)] == [gone]
        approve(who(desk, "ann"), campaign, desk.digest(campaign))
    fresh = version(desk, campaign, "oh hello again")
    last = None
    with desk.house.within():
        found = changes_of(who(desk, "ann"), fresh)
        assert found is not None
        assert (found.since, found.signed) == (campaign, True)
        assert [part.part for part in found.accounts[0].parts] == ["text"]
        now_at = threads(who(desk, "ann"), fresh)[0]
        assert (now_at.place.start, now_at.detached, [one.body for one in now_at.said]) == (3, False, ["换个问候", "好"])
        resolve(who(desk, "editor"), thread)
        last = threads(who(desk, "ann"), fresh)[-1]
        assert (last.id, last.resolved_by) == (thread, "editor")
        with pytest.raises(NotFound):
            resolve(who(desk, "client_approver"), thread)
        db.session.rollback()


def test_what_is_changed_on_the_platform_is_recorded_beside_what_was_sent(desk: Desk) -> None:
    campaign = desk.campaign()
    article = '{"kind": "articles", "articles": [{"title": "旧题", "html": "<p>x</p>"}]}'
    desk.house.as_owner("UPDATE dispatches SET message = %s::jsonb", article)
    with desk.house.within():
        with pytest.raises(Conflict, match="revise"):
            amend(who(desk, "editor"), campaign, "one", "title", "新题", "截图 3")
        release.approve(who(desk, "ann"), campaign, desk.digest(campaign))
        release.release(who(desk, "editor"), campaign)
    desk.house.as_owner("UPDATE deliveries SET state = 'sent', accepted = people, delivered = people")
    with desk.house.within():
        amend(who(desk, "editor"), campaign, "one", "title", "新题", "运营在后台改的，截图 3")
        amend(who(desk, "editor"), campaign, "one", "title", "又一题", "截图 4")
        for field, number, words in (("body", 1, "only a title"), ("title", 2, "sent 1 articles"), ("title", 1, "differ")):
            with pytest.raises(Invalid, match=words):
                amend(who(desk, "editor"), campaign, "one", field, "又一题", "x", article=number)
        with pytest.raises(Forbidden):
            amend(who(desk, "analyst"), campaign, "one", "title", "z", "x")
        found = amendments(who(desk, "client_viewer"), campaign)
        assert [(one.before, one.after) for one in found] == [("旧题", "新题"), ("新题", "又一题")]
    assert desk.house.one("SELECT message -> 'articles' -> 0 ->> 'title' FROM dispatches") == "旧题"
