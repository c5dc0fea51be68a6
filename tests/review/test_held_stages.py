"""A stage that is held in WeCom's own approval: asked once, decided by who may, and never by a way that the page would not go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from saas.campaigns.approving import approve, reject
from saas.campaigns.flows import delegate
from saas.campaigns.holding import applications_of, take_back
from saas.campaigns.links import make_link
from saas.campaigns.models import Campaign
from saas.campaigns.to_sign import list_reviews
from saas.delivery import release
from saas.delivery.approvals import rounds
from saas.delivery.approvals.setting import name_person
from saas.delivery.client_word import decide_by_link
from saas.kernel.clock import now
from saas.kernel.database import db
from saas.kernel.errors import Conflict, Forbidden
from tests.review.conftest import THREE, WARNING, Desk, version
from tests.review.held import Office, office_on_stage


@pytest.fixture
def office(desk: Desk, tmp_path: Path) -> Iterator[Office]:
    with office_on_stage(desk, tmp_path / "stage") as made:
        yield made


def test_an_approvers_word_signs_the_stage_and_lets_go_what_waited_for_it(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    office.desk.house.run("UPDATE campaigns SET send_when_approved = true WHERE id = %s", campaign)
    number = office.asked(campaign)
    (sheet,) = office.sheets()
    assert sheet.body["creator_userid"] == "Member0001"  # the author, as they are known there
    assert sheet.approvers == ["Member0002", "Member0003"]
    assert sheet.title.startswith("campaign ")
    office.go(2)
    assert (len(office.sheets()), office.application(campaign)["people"]) == (1, ["Member0002", "Member0003"])
    assert office.decide(number, "approve", "Member0002", "可以发") == 200
    office.go()
    assert office.words(campaign) == [("ann", "approved", f"可以发 [wecom {number}]")]
    assert (office.state(campaign), office.application(campaign)["state"]) == ("released", "approved")


def test_a_push_is_a_hint_after_which_the_platform_is_asked(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    number = office.asked(campaign)
    office.hear()
    later = "UPDATE stage_applications SET asks_at = now() + interval '1 hour'"
    office.desk.house.run(later)
    office.decide(number, "approve", "Member0002", push=True)
    office.hear()
    assert office.words(campaign) == []
    with office.desk.house.within():
        assert rounds.visit() == 1
    assert [name for name, *_ in office.words(campaign)] == ["ann"]
    forged = office.theatre.pushed[-1]
    assert office.push(replace(forged, query={**forged.query, "msg_signature": "0" * 40})) == 403


def test_a_refusal_sends_it_back_with_the_approvers_own_words(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    office.decide(office.asked(campaign), "refuse", "Member0003", "标题不合适")
    office.go()
    ((name, decision, note),) = office.words(campaign)
    assert (name, decision, note.startswith("标题不合适")) == ("ben", "rejected", True)
    assert (office.state(campaign), office.application(campaign)["state"]) == ("rejected", "refused")


@pytest.mark.parametrize(("person", "why"), [("Member0001", "may not"), ("Member0002", "no member here")])
def test_an_authors_own_approval_and_a_strangers_count_for_nothing(office: Office, person: str, why: str) -> None:
    office.hold(own_flow=True, editor="Member0001")
    campaign = office.desk.campaign()
    office.decide(office.asked(campaign), "approve", person)
    office.go()
    row = office.application(campaign)
    assert (office.words(campaign), office.state(campaign)) == ([], "awaiting_approval")
    assert (row["state"], why in row["reason"]) == ("uncounted", True)


def test_who_is_who_does_not_count_when_the_author_entered_it(office: Office) -> None:
    office.hold(ann="Member0002")
    house = office.desk.house
    with house.within():
        name_person(house.actor("admin"), "office", "ben@house.test", "Member0003")
    campaign = office.desk.campaign()
    house.as_owner("ALTER TABLE campaigns DISABLE TRIGGER USER")
    house.as_owner("UPDATE campaigns SET author_id = %s WHERE id = %s", house.members["admin"], campaign)
    house.as_owner("ALTER TABLE campaigns ENABLE TRIGGER USER")
    number = office.asked(campaign)
    assert office.sheets()[0].approvers == ["Member0002"]
    with pytest.raises(psycopg.errors.CheckViolation, match="whom others than the author named"):
        office.desk.sign(campaign, office.desk.people["ben"], application_id=office.application(campaign)["id"])
    assert number


def test_what_changed_since_makes_the_approval_void(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    number = office.asked(campaign)
    fresh = version(office.desk, campaign)
    office.decide(number, "approve", "Member0002")
    office.go()
    assert (office.application(campaign)["state"], office.words(campaign)) == ("void", [])
    assert (office.application(fresh)["state"], office.words(fresh)) == ("waiting", [])
    assert len(office.sheets()) == 2


def test_a_held_stage_is_not_signed_here_but_sent_back_and_taken_back_by_another_than_the_author(office: Office) -> None:
    office.hold()
    house, campaign = office.desk.house, office.desk.campaign()
    digest = office.desk.digest(campaign)
    office.asked(campaign)
    with house.within():
        for sign in (approve, release.approve):
            with pytest.raises(Conflict, match="not here"):
                sign(house.actor("ann"), campaign, digest)
        assert [one.held for one in list_reviews(house.actor("ann"))] == [True]
        with pytest.raises(Forbidden):
            take_back(house.actor("ann"), campaign, office.application(campaign)["id"], "急")
    with pytest.raises(psycopg.errors.CheckViolation, match="held in the approval"):
        office.desk.sign(campaign, office.desk.people["ann"])
    with house.within():
        take_back(house.actor("admin"), campaign, office.application(campaign)["id"], "审批人休假")
        assert approve(house.actor("ann"), campaign, digest)
        states = [one.state for one in applications_of(house.actor("owner"), db.session.get_one(Campaign, campaign))]
    assert states == ["released", "void"]
    other = office.desk.campaign(office.desk.house.account("two"))
    office.asked(other)
    with house.within():
        reject(house.actor("ann"), other, office.desk.digest(other), "不行")
    office.go()
    assert (office.state(other), office.application(other)["state"]) == ("rejected", "void")


def test_only_the_held_stage_is_asked_for_when_its_turn_comes_and_by_people_who_have_not_signed(office: Office) -> None:
    office.desk.flow(*THREE, reasons=True)
    office.hold("second", ann="Member0002", ben="Member0003")
    house, campaign = office.desk.house, office.desk.campaign(findings=[WARNING])
    office.desk.freeze(campaign)
    office.go()
    assert house.rows("SELECT 1 FROM stage_applications") == []
    with house.within():
        assert not approve(house.actor("ann"), campaign, office.desk.digest(campaign))
    number = office.asked(campaign)
    assert office.sheets()[0].approvers == ["Member0003"]
    office.decide(number, "approve", "Member0003")
    office.go()
    assert [name for name, *_ in office.words(campaign)] == ["ann", "ben"]
    assert office.state(campaign) == "awaiting_approval"


def test_a_clients_stage_is_decided_by_its_own_people_and_not_by_a_link(office: Office) -> None:
    office.desk.flow("review", "client")
    office.hold("client", client_approver="Member0002", ann="Member0003")
    house, campaign = office.desk.house, office.desk.campaign()
    office.desk.freeze(campaign)
    digest = office.desk.digest(campaign)
    with house.within():
        approve(house.actor("ann"), campaign, digest)
    number = office.asked(campaign)
    assert office.sheets()[0].approvers == ["Member0002"]
    link, secret = office.desk.link(campaign, stage=2)
    with house.within(), pytest.raises(Conflict, match="not here"):
        make_link(house.actor("ann"), campaign, "林小姐")
    with house.within(), pytest.raises(Conflict, match="not here"):
        decide_by_link(link, secret, digest, True, "")
    with house.connect() as connection, pytest.raises(psycopg.errors.CheckViolation, match="held in the approval"):
        connection.execute(
            "INSERT INTO approvals (campaign_id, link_id, link_secret, decision, digest) VALUES (%s, %s, %s, 'approved', %s)",
            (campaign, link, secret, digest),
        )
    office.decide(number, "approve", "Member0002")
    office.go()
    assert [name for name, *_ in office.words(campaign)] == ["ann", "client_approver"]
    assert office.state(campaign) == "approved"


def test_a_substitute_decides_there_in_the_name_of_who_is_away(office: Office) -> None:
    desk, house = office.desk, office.desk.house
    desk.flow("review", review=[desk.people["ben"]])
    office.hold(ann="Member0002")
    with house.within():
        delegate(house.actor("ben"), "ann@house.test", now(), now() + timedelta(days=1))
    campaign = desk.campaign()
    desk.freeze(campaign)
    office.decide(office.asked(campaign), "approve", "Member0002")
    office.go()
    query = "SELECT member_id, on_behalf_of FROM approvals WHERE campaign_id = %s"
    assert house.rows(query, campaign) == [{"member_id": desk.people["ann"], "on_behalf_of": desk.people["ben"]}]
