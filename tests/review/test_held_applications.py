"""Applying to WeCom's own approval: once, whatever dies or is lost, by lines that fit the platform's template."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saas.campaigns.holding import apply_again
from saas.channels.approval import ApprovalForm, Control
from saas.delivery.approvals import asking, rounds
from saas.delivery.approvals.setting import check_places, hold, let_go, list_holds, list_people, name_person
from saas.kernel.errors import Conflict, Forbidden, Invalid
from saas.ops.approvals import Rounds
from tests.review.conftest import WARNING, Desk
from tests.review.held import PLACES, TEMPLATE, Office, office_on_stage


@pytest.fixture
def office(desk: Desk, tmp_path: Path) -> Iterator[Office]:
    with office_on_stage(desk, tmp_path / "stage") as made:
        yield made


@pytest.mark.parametrize("act", ["withdraw", "delete"])
def test_what_is_withdrawn_leaves_the_stage_waiting_until_a_person_asks_again(office: Office, act: str) -> None:
    office.hold()
    campaign = office.desk.campaign()
    office.decide(office.asked(campaign), act)
    office.go(2)
    row = office.application(campaign)
    assert (row["state"], office.state(campaign), len(office.sheets())) == ("withdrawn", "awaiting_approval", 1)
    with office.desk.house.within():
        apply_again(office.desk.house.actor("editor"), campaign, row["id"])
        with pytest.raises(Conflict):
            apply_again(office.desk.house.actor("editor"), campaign, row["id"])
    office.go()
    assert (office.application(campaign)["state"], len(office.sheets())) == ("waiting", 2)


def test_an_answer_that_was_lost_is_looked_for_and_never_asked_for_twice(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    office.theatre.fault("drop_after", "oa/applyevent", times=1)
    office.go()
    assert (office.application(campaign)["state"], len(office.sheets())) == ("lost", 1)
    office.go()
    row = office.application(campaign)
    assert (row["state"], row["approval"], len(office.sheets())) == ("waiting", office.sheets()[0].number, 1)


class Killed(BaseException):
    """The process is gone, as far as the row can tell."""


@pytest.mark.parametrize("reached", [True, False])
def test_whoever_dies_between_submitting_and_writing_has_submitted_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, reached: bool
) -> None:
    office.hold()
    campaign = office.desk.campaign()
    alive = asking.submit

    def dies(*given: Any) -> Any:
        if reached:
            alive(*given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(asking, "submit", dies)
        with pytest.raises(Killed):
            office.go()
    assert (office.application(campaign)["state"], len(office.sheets())) == ("asking", int(reached))
    with office.desk.house.within():
        assert rounds.visit() == 0  # leased for longer than a call may take
    office.desk.house.run("UPDATE stage_applications SET submitted_at = submitted_at - interval '4 minutes'")
    office.go(3)
    assert (office.application(campaign)["state"], len(office.sheets())) == ("waiting", 1)


def test_a_last_stage_waits_for_the_reasons_of_its_warnings_before_it_is_asked_for(office: Office) -> None:
    office.desk.flow("review", reasons=True)
    office.hold()
    campaign = office.desk.campaign(findings=[WARNING])
    office.desk.freeze(campaign)
    office.go()
    assert office.desk.house.rows("SELECT 1 FROM stage_applications") == []


def test_a_stage_that_nobody_known_there_may_sign_says_so(office: Office) -> None:
    office.hold(editor="Member0001")
    campaign = office.desk.campaign()
    office.go()
    row = office.application(campaign)
    assert (row["state"], "登记" in row["reason"], office.sheets()) == ("failed", True, [])


def test_a_platform_that_refuses_is_quoted_and_one_that_is_away_is_asked_again(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    office.theatre.fault("error", "oa/applyevent", "48002", times=1)
    office.go()
    assert (office.application(campaign)["state"], "48002" in office.application(campaign)["reason"]) == ("failed", True)
    other = office.desk.campaign(office.desk.house.account("two"))
    office.theatre.fault("drop_before", "oa/gettemplatedetail", times=1)
    office.go()
    assert office.application(other)["state"] in ("due", "lost")
    office.go(2)
    assert (office.application(other)["state"], len(office.sheets())) == ("waiting", 1)


def test_lines_are_checked_against_the_template_and_the_newest_holds(office: Office) -> None:
    office.hold(client=None)
    house = office.desk.house
    with house.within():
        owner = house.actor("owner")
        with pytest.raises(Invalid, match="needs a control of text"):
            hold(owner, None, "review", "office", TEMPLATE, {"Textarea-02": "accounts"}, "Member0004", False)
        with pytest.raises(Conflict, match="301025"):
            hold(owner, None, "review", "office", "nothing", PLACES, "Member0004", False)
        with pytest.raises(Conflict, match="another member"):
            name_person(owner, "office", "cem@house.test", "member0002")
        with pytest.raises(Forbidden):
            name_person(house.actor("ann"), "office", "ben@house.test", "Member0005")
        let_go(owner, house.client("Moon"), "review")
        assert [(one.client, one.account) for one in list_holds(owner)] == [("", "office"), ("Moon", "")]
        assert {one.person for one in list_people(owner)} == {"Member0001", "Member0002", "Member0003"}
    campaign = office.desk.campaign()
    office.go()
    assert house.rows("SELECT 1 FROM stage_applications WHERE campaign_id = %s", campaign) == []


def test_several_schedulers_at_once_submit_once(office: Office) -> None:
    office.hold()
    office.desk.campaign()
    begin = threading.Barrier(3)

    def round() -> None:
        with office.desk.house.within():
            begin.wait(10)
            rounds.visit()

    threads = [threading.Thread(target=round) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(office.sheets()) == 1


def test_the_rounds_beside_the_scheduler_visit_the_agencies_that_hold_stages(office: Office) -> None:
    going = Rounds()
    assert (going.go(), going.idle) == (0, True)
    office.hold()
    campaign = office.desk.campaign()
    assert going.go() == 1
    assert office.application(campaign)["state"] == "waiting"


def test_controls_take_what_fits_them() -> None:
    form = ApprovalForm("f", (Control("a", "A", "text", True), Control("b", "B", "time"), Control("c", "C", "other", True)))
    with pytest.raises(Invalid, match="does not take title"):
        check_places(form, {"b": "title", "a": "title"})
    with pytest.raises(Invalid, match="stay empty: C"):
        check_places(form, {"a": "title", "b": "time"})
