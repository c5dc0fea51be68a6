"""Signing stage by stage through the services: whose turn it is, in whose name, with which warnings, until it may go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saas.campaigns.approving import approve, reject
from saas.campaigns.flows import delegate, end_delegation, list_delegations, list_flows, save_flow
from saas.campaigns.links import guest, links_of, make_link, revoke_link, whose_link
from saas.campaigns.passing import found_in, let_pass
from saas.campaigns.reviewing import standing_of
from saas.campaigns.to_sign import count_mine, list_reviews, remind
from saas.delivery import release
from saas.delivery.client_word import decide_by_link
from saas.kernel.clock import now
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.review.stages import StageRule
from saas.tenants.actor import Actor
from tests.review.conftest import THREE, WARNING, Desk, version


def who(desk: Desk, name: str) -> Actor:
    return desk.house.actor(name)


def test_three_people_sign_and_the_list_says_whose_turn_it_is(desk: Desk) -> None:
    desk.flow(*THREE, client=None)
    campaign = desk.campaign()
    digest = desk.digest(campaign)
    desk.freeze(campaign)
    with desk.house.within():
        assert not approve(who(desk, "ann"), campaign, digest)
        with pytest.raises(Conflict, match="another person"):
            approve(who(desk, "ann"), campaign, digest)
        assert [(one.kind, one.mine) for one in list_reviews(who(desk, "ann"))] == [("second", False)]
        assert [(one.kind, one.mine) for one in list_reviews(who(desk, "ben"), mine=True)] == [("second", True)]
        assert (count_mine(who(desk, "ann")), count_mine(who(desk, "ben")), count_mine(who(desk, "editor"))) == (0, 1, 0)
        assert not approve(who(desk, "ben"), campaign, digest)
        assert approve(who(desk, "owner"), campaign, digest)
        assert list_reviews(who(desk, "owner")) == []


def test_check_15_the_author_is_refused_by_words_and_a_stranger_to_the_stage_too(desk: Desk) -> None:
    desk.flow("first", "client", first=[desk.people["ben"]])
    campaign = desk.campaign()
    digest = desk.digest(campaign)
    with desk.house.within():
        for name in ("editor", "analyst"):
            with pytest.raises(Forbidden):
                approve(who(desk, name), campaign, digest)
        for name in ("ann", "client_approver"):
            with pytest.raises(Conflict, match="turn of the first review"):
                approve(who(desk, name), campaign, digest)
        desk.member("sunny", "client_approver", desk.house.client("Sun"))
        with pytest.raises(NotFound):
            approve(who(desk, "sunny"), campaign, digest)


def test_whoever_goes_away_names_a_substitute(desk: Desk) -> None:
    desk.flow("first", "final", final=[desk.people["cem"]])
    campaign = desk.campaign()
    digest = desk.digest(campaign)
    with desk.house.within():
        cem, ben = who(desk, "cem"), who(desk, "ben")
        for substitute, words in (("editor", "no right to sign"), ("cem", "themselves"), ("client_approver", "no right")):
            with pytest.raises(Invalid, match=words):
                delegate(cem, f"{substitute}@house.test", now(), now() + timedelta(days=1))
        with pytest.raises(Invalid, match="at most 90 days"):
            delegate(cem, "ben@house.test", now(), now() + timedelta(days=100))
        with pytest.raises(Forbidden):
            delegate(ben, "ann@house.test", now(), now() + timedelta(days=1), member="cem@house.test")
        approve(who(desk, "ann"), campaign, digest)
        line = delegate(cem, "ben@house.test", now() - timedelta(minutes=1), now() + timedelta(days=3), "休假")
        assert [(one.member, one.substitute, one.reason) for one in list_delegations(ben)] == [("cem", "ben", "休假")]
        assert list_reviews(ben, mine=True) != []
        assert approve(ben, campaign, digest)
    assert desk.house.rows("SELECT member_id, on_behalf_of FROM approvals WHERE stage = 2") == [
        {"member_id": desk.people["ben"], "on_behalf_of": desk.people["cem"]}
    ]
    desk.house.run("UPDATE campaigns SET state = 'released' WHERE id = %s", campaign)
    with desk.house.within():
        end_delegation(cem, line)
        assert list_delegations(ben) == []


def test_check_15_a_substitute_who_is_the_author_signs_nothing(desk: Desk) -> None:
    desk.flow("review", review=[desk.people["cem"]])
    campaign = desk.campaign()
    desk.house.run("UPDATE members SET role = 'reviewer' WHERE id = %s", desk.people["editor"])
    digest = desk.digest(campaign)
    with desk.house.within():
        delegate(who(desk, "cem"), "editor@house.test", now() - timedelta(minutes=1), now() + timedelta(days=1))
        with pytest.raises(Forbidden, match="author"):
            approve(who(desk, "editor"), campaign, digest)


def test_a_warning_passes_with_a_reason_and_what_blocks_does_not(desk: Desk) -> None:
    desk.flow("first", "final", reasons=True)
    campaign = desk.campaign(findings=[WARNING, {**WARNING, "severity": "block", "rule": "inducement"}])
    digest = desk.digest(campaign)
    with desk.house.within():
        ann, ben = who(desk, "ann"), who(desk, "ben")
        approve(ann, campaign, digest)
        with pytest.raises(Conflict, match="1 warning stand"):
            approve(ben, campaign, digest)
        with pytest.raises(Forbidden):
            let_pass(who(desk, "editor"), campaign, None, "x")
        with pytest.raises(Invalid, match="why it may pass"):
            let_pass(ben, campaign, None, " ")
        blocking = next(one.key for one in found_in(_campaign(campaign)) if not one.can_pass)
        with pytest.raises(Conflict, match="only a warning"):
            let_pass(ben, campaign, [blocking], "x")
        assert let_pass(ben, campaign, None, "客户有 2025 年获奖证书") == 1
        assert [(one.passed_by, one.reason) for one in found_in(_campaign(campaign)) if one.can_pass] == [
            ("ben", "客户有 2025 年获奖证书")
        ]
        assert approve(ben, campaign, digest)


def _campaign(campaign: int):  # type: ignore[no-untyped-def]
    from saas.campaigns.approving import campaign_for

    return campaign_for(campaign)


def test_an_admin_writes_the_flow_and_nobody_else(desk: Desk) -> None:
    rules = [StageRule.from_json({"kind": "first"}), StageRule.from_json({"kind": "client", "hours": 48})]
    moon = desk.house.client("Moon")
    with desk.house.within():
        for name in ("editor", "reviewer", "client_approver"):
            with pytest.raises(Forbidden):
                save_flow(who(desk, name), moon, rules)
        with pytest.raises(Invalid, match="cannot sign"):
            save_flow(who(desk, "admin"), moon, [StageRule("first", members=(desk.people["editor"],))])
        with pytest.raises(NotFound):
            save_flow(who(desk, "admin"), 10_000, rules)
        save_flow(who(desk, "admin"), moon, rules)
        flows = dict(list_flows(who(desk, "analyst")))
        assert [rule.kind for rule in flows["Moon"].stages] == ["first", "client"]
        assert flows["Moon"].written_by == "admin"
        assert [rule.kind for rule in flows[""].stages] == ["review"]
        save_flow(who(desk, "owner"), moon, [])
        assert dict(list_flows(who(desk, "analyst")))["Moon"].stages == ()
    assert desk.house.one("SELECT count(*) FROM audit_log WHERE action = 'review.flow'") == 2


def test_reminders_are_recorded_by_hand_and_by_the_clock(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign()
    desk.freeze(campaign)
    assert desk.house.one("SELECT remind_reviewers()") == 0
    desk.house.as_owner("UPDATE campaigns SET created_at = now() - interval '13 hours'")
    assert desk.house.one("SELECT remind_reviewers()") == 1
    assert desk.house.one("SELECT remind_reviewers()") == 0
    with desk.house.within():
        assert remind(who(desk, "editor"), campaign) == 1
        found = list_reviews(who(desk, "owner"))
        assert found[0].reminded_at is not None
        assert not found[0].overdue
    desk.house.as_owner("UPDATE campaigns SET created_at = now() - interval '25 hours'")
    with desk.house.within():
        assert list_reviews(who(desk, "owner"))[0].overdue
    assert desk.house.one("SELECT count(*) FROM audit_log WHERE action = 'review.remind'") == 2


def test_check_15_a_client_decides_once_by_a_link_and_the_campaign_goes(desk: Desk) -> None:
    desk.flow("first", "client")
    campaign = desk.campaign()
    digest = desk.digest(campaign)
    with desk.house.within():
        with pytest.raises(Forbidden, match="author"):
            make_link(who(desk, "editor"), campaign, "林小姐")
        release.ask_to_send(who(desk, "editor"), campaign)
        secret = make_link(who(desk, "ann"), campaign, "林小姐", 48)
        assert links_of(who(desk, "ann"), campaign)[0].state == "open"
    with desk.house.app.app_context():
        tenant, link = whose_link(secret)
        with pytest.raises(NotFound):
            whose_link(secret[:-1] + "!")
    assert tenant == desk.house.tenant
    with desk.house.within():
        with pytest.raises(Conflict, match="has not signed yet"):
            decide_by_link(link, secret, digest, True, "")
        release.approve(who(desk, "ann"), campaign, digest)
        with pytest.raises(Invalid, match="why it goes back"):
            decide_by_link(link, secret, digest, False, "")
        with pytest.raises(Conflict, match="changed"):
            decide_by_link(link, secret, "f" * 64, True, "")
        assert decide_by_link(link, secret, digest, True, "可以发")
        with pytest.raises(Conflict, match="decides once"):
            decide_by_link(link, secret, digest, True, "")
        assert guest(link).state == "used"
    assert desk.house.one("SELECT state FROM campaigns WHERE id = %s", campaign) == "released"
    assert secret not in str(desk.house.rows("SELECT * FROM approvals, review_links, audit_log"))


def test_a_revoked_link_and_one_of_an_older_version_decide_nothing(desk: Desk) -> None:
    desk.flow("client")
    campaign = desk.campaign()
    desk.freeze(campaign)
    digest = desk.digest(campaign)
    with desk.house.within():
        secret = make_link(who(desk, "ann"), campaign, "林小姐")
        link = links_of(who(desk, "ann"), campaign)[0].id
        revoke_link(who(desk, "editor"), link)
        with pytest.raises(Conflict, match="revoked"):
            decide_by_link(link, secret, digest, True, "")
        other = make_link(who(desk, "ann"), campaign, "林小姐")
        newest = links_of(who(desk, "ann"), campaign)[0].id
    version(desk, campaign)
    with desk.house.within(), pytest.raises(Conflict, match="void"):
        decide_by_link(newest, other, digest, True, "")


def test_sending_back_needs_the_same_people_as_signing(desk: Desk) -> None:
    desk.flow("first", "final", final=[desk.people["cem"]])
    campaign = desk.campaign()
    digest = desk.digest(campaign)
    with desk.house.within():
        approve(who(desk, "ann"), campaign, digest)
        with pytest.raises(Conflict, match="turn of the final review"):
            reject(who(desk, "ben"), campaign, digest, "no")
        reject(who(desk, "cem"), campaign, digest, "标题太长")
        with pytest.raises(Conflict, match="not waiting"):
            approve(who(desk, "cem"), campaign, digest)
        assert [one.signed_at is not None for one in standing_of(_campaign(campaign))] == [True, False]
